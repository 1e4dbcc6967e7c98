"""Bytes to events: a JSON object, or the reason why it is none."""

from __future__ import annotations

from typing import Any

import orjson

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""Larger events are dead letters; Kafka's own default limit is 1 MB."""


MAX_DEPTH = 100
"""Levels of nested maps and lists in an event."""


class NotAnEventError(ValueError):
    """The bytes are not an event; the text says why."""


def decode(value: bytes) -> dict[str, Any]:
    """The event in these bytes. Raises NotAnEventError."""
    if len(value) > MAX_EVENT_BYTES:
        raise NotAnEventError(f"larger than {MAX_EVENT_BYTES} bytes")
    if not value:
        raise NotAnEventError("empty")
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise NotAnEventError(f"not JSON: {error}") from None
    if not isinstance(event, dict):
        raise NotAnEventError(f"not a JSON object but {_KINDS[type(event)]}")
    # Counting brackets is cheap and nearly always enough; those inside texts count as well.
    if value.count(b"{") + value.count(b"[") > MAX_DEPTH and _too_deep(event):
        raise NotAnEventError(f"nested deeper than {MAX_DEPTH} levels")
    return event


def _too_deep(event: dict[str, Any]) -> bool:
    level: list[Any] = [event]
    for _ in range(MAX_DEPTH):
        level = [below for value in level for below in _members(value)]
        if not level:
            return False
    return True


def _members(value: Any) -> list[Any]:
    members = value.values() if isinstance(value, dict) else value
    return [m for m in members if isinstance(m, dict | list)]


_KINDS: dict[type, str] = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
