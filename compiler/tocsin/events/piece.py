"""What readers return: an event, its bytes, or a problem, each with its location."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""Larger events are refused; Kafka's own default limit is 1 MB."""
MAX_DEPTH = 100
"""Levels of nested maps and lists in an event."""
TOO_LARGE = f"larger than {MAX_EVENT_BYTES} bytes"
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
ONE_A_LINE = "one JSON object per line"

EventDict = dict[str, Any]
"""A decoded event."""


class Piece(NamedTuple):
    """What stands at a place of a file, whose line and column are 1-based.

    Exactly one of `line` (the bytes of a JSON value, not parsed yet), `event` and `problem` is
    set. With a problem, `line` may hold what it is about, and `whole` says that it is the file's.
    """

    row: int
    column: int = 1
    line: bytes = b""
    event: EventDict | None = None
    problem: str = ""
    hint: str = ""
    whole: bool = False


def too_deep(event: EventDict, text: bytes | None = None) -> bool:
    """Whether it is nested beyond the limit; its text, where there is one, saves the walk."""
    # Counting brackets is cheap and nearly always enough; those inside texts count as well.
    if text is not None and text.count(b"{") + text.count(b"[") <= MAX_DEPTH:
        return False
    level: list[Any] = [event]
    for _ in range(MAX_DEPTH):
        level = [below for value in level for below in _members(value)]
        if not level:
            return False
    return True


def _members(value: Any) -> Iterator[Any]:
    members = value.values() if isinstance(value, dict) else value
    return (m for m in members if isinstance(m, dict | list))


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return _KINDS[type(value)]


_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
