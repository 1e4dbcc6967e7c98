"""What changed between two texts, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_AROUND = 3
_MOST_LINES = 4000
"""Beyond so many lines the comparison takes seconds: both texts are shown whole instead."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a difference; `gap` stands for lines that both texts have."""

    kind: Literal["same", "gone", "new", "gap"]
    text: str


def difference(old: str, new: str) -> tuple[ShownLine, ...]:
    """The lines that differ, with those around them; nothing if none does."""
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        return ()
    if len(before) + len(after) > _MOST_LINES:
        return (*(ShownLine("gone", t) for t in before), *(ShownLine("new", t) for t in after))
    return tuple(_lines(before, after))


def _lines(before: list[str], after: list[str]) -> Iterator[ShownLine]:
    end = 0
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(_AROUND):
        skipped = group[0][1] - end
        if skipped:
            yield _gap(skipped)
        for tag, a, b, c, d in group:
            yield from (ShownLine("same", t) for t in before[a:b] if tag == "equal")
            yield from (ShownLine("gone", t) for t in before[a:b] if tag != "equal")
            yield from (ShownLine("new", t) for t in after[c:d] if tag != "equal")
        end = group[-1][2]
    if len(before) > end:
        yield _gap(len(before) - end)


def _gap(number: int) -> ShownLine:
    return ShownLine("gap", f"{number} line{'s' if number > 1 else ''} as before")
