"""Where the values in a JSON text begin and end, including broken ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

TOKEN = re.compile(rb'"(?:[^"\\\n]|\\[^\n])*"|[{}\[\],:]|[^\s{}\[\],:"]+|"')


class Splitter:
    """Cuts a text into its values and the members of its arrays, broken ones among them.

    `base`: depth at which values stand, 1 inside an array. A value that is cut short ends where a
    line begins with a bracket that cannot stand there.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.open: list[int] = []
        self.base = 0
        self.start = -1
        self.last = b""

    def slices(self) -> Iterator[tuple[int, int]]:
        """Begin and end of each."""
        skipped = 0
        for token in TOKEN.finditer(self.text):
            at, kind = token.start(), token[0][:1]
            if at < skipped:
                continue
            if kind in b"{[":
                yield from self._opened(at, kind)
            elif kind in b"}]":
                yield from self._closed(token.end())
            elif len(self.open) == self.base and not self._separates(kind):
                end = token.end() if self.base else self._end_of_line(at)
                yield at, end
                skipped = end
            self.last = kind
        if self.start >= 0:
            yield self.start, len(self.text)

    def _opened(self, at: int, kind: bytes) -> Iterator[tuple[int, int]]:
        if self.start >= 0 and not self._fits() and self._begins_line(at):
            yield self.start, at
            del self.open[self.base :]
            self.start = -1
        if not self.open:
            self.base = int(kind == b"[")
        if self.start < 0 and len(self.open) == self.base and not (kind == b"[" and not self.open):
            self.start = at
        self.open.append(kind[0])

    def _closed(self, end: int) -> Iterator[tuple[int, int]]:
        if not self.open:
            yield end - 1, end
            return
        self.open.pop()
        if self.start >= 0 and len(self.open) == self.base:
            yield self.start, end
            self.start = -1
        if not self.open:
            self.base = 0

    def _separates(self, kind: bytes) -> bool:
        """Whether it is a comma between members, or between values in a row."""
        return kind == b"," and (self.base == 1 or self.last in (b"}", b"]"))

    def _fits(self) -> bool:
        """Whether a bracket may stand after the last token."""
        in_array = bool(self.open) and self.open[-1] == ord("[")
        return self.last in (b":", b"[") or (self.last == b"," and in_array)

    def _begins_line(self, at: int) -> bool:
        return at == 0 or self.text[at - 1 : at] == b"\n"

    def _end_of_line(self, at: int) -> int:
        end = self.text.find(b"\n", at)
        return len(self.text) if end < 0 else end
