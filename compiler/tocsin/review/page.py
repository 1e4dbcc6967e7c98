"""A page of Markdown with an end: what strangers wrote is text in it, as far as there is room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tocsin.escape import markdown, printable

MOST = 60_000
"""Characters; GitHub takes 65,536."""
_ROOM_FOR_END = 200
_MOST_OF_A_LIST = 9000
_CELL, _CODE, _CODE_LINES = 300, 200, 60


class CommentPage:
    """Blocks one below the other. What has no room is left out, and the end says so."""

    def __init__(self, head: str) -> None:
        self._text = head
        self._full = False

    @property
    def text(self) -> str:
        """All of it."""
        end = "\nThere is no room here for more: the rest is in the run.\n"
        return self._text + (end if self._full else "")

    def table(
        self,
        title: str,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        folded: bool = False,
    ) -> None:
        """A table of strangers' texts under its title, or folded away."""
        lines = [row(tuple(map(told, each))) for each in rows]
        self._part(title, _table_head(head), lines, folded=folded)

    def list(self, title: str, lines: Sequence[str], *, folded: bool = False) -> None:
        """A list under its title, or folded away."""
        self._part(title, (), lines, folded=folded)

    def either(self, full: str, short: str) -> None:
        """A block in full, or else in short."""
        block = next((each for each in (full, short) if len(each) <= self._room), "")
        self._text += block
        self._full = self._full or not block

    def _part(
        self, title: str, begin: Sequence[str], lines: Sequence[str], *, folded: bool
    ) -> None:
        if not lines:
            return
        fold = f"<details>\n<summary>{title}: {len(lines)}</summary>"
        heading = fold if folded else f"#### {title}"
        room = min(self._room, _MOST_OF_A_LIST) - len(heading) - sum(map(len, begin)) - 100
        shown = list(_as_long_as(room, lines))
        if not shown:
            self._full = True
            return
        left = len(lines) - len(shown)
        end = ["", f"There is no room here for {left} more.", ""] if left else [""]
        end += ["</details>", ""] if folded else []
        self._text += "\n".join(["", heading, "", *begin, *shown, *end])

    @property
    def _room(self) -> int:
        return MOST - _ROOM_FOR_END - len(self._text)


def _as_long_as(room: int, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def table(rows: Iterable[Sequence[str]], head: Sequence[str]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [*_table_head(head), *map(row, rows)]


def _table_head(head: Sequence[str]) -> tuple[str, str]:
    return row(head), row(["---"] * len(head))


def row(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def told(text: str) -> str:
    """Text of a stranger, as much of it as a cell takes, as Markdown that is nothing but text."""
    return markdown(_cut(printable(text), _CELL))


def told_in_html(text: str) -> str:
    """The same for a heading that is folded: HTML, in which Markdown is not read."""
    apart = markdown(_cut(printable(text), _CELL))
    return re.sub(r"\\([\\`*_\[\]()|~!{}+#$=^])", r"\1", apart)


def code(lines: Sequence[str], language: str) -> list[str]:
    """A block of code, fenced by more backticks than any of its lines has."""
    if not lines:
        return []
    shown = [_cut(printable(line), _CODE) for line in lines[:_CODE_LINES]]
    shown += [f" … {len(lines) - _CODE_LINES} more"] if len(lines) > _CODE_LINES else []
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown, fence, ""]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
