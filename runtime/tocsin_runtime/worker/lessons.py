"""When a matcher learns from events, and from which.

It takes up to a second for a thousand detections, so it is rare, and never while a transaction is
open: those begin when a batch's results are ready.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from tocsin.events.decode import NotAnEventError, decode
from tocsin_matcher import Matcher

FIRST = 4_000
"""Events after which a matcher learns."""
SECOND, LATER = 100_000, 1_000_000
"""Events after which it is seen whether it should learn again."""
VAIN = 0.5
"""Close looks in vain, an event, from which on it should."""
MOST_LINES = 4_000
MOST_BYTES = 16 * 1024 * 1024


class Sample:
    """Lines at even distances out of all that came, bounded in number and size."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._step = 1
        self._skip = 0

    def add(self, lines: Sequence[bytes]) -> None:
        """Keep some of these."""
        self.lines += lines[self._skip :: self._step]
        self._skip = (self._skip - len(lines)) % self._step
        while len(self.lines) > 1 and self._full():
            self._skip += self._step * (len(self.lines) % 2)
            del self.lines[1::2]
            self._step *= 2

    def _full(self) -> bool:
        return len(self.lines) > MOST_LINES or sum(map(len, self.lines)) > MOST_BYTES

    def events(self) -> Iterator[dict[str, Any]]:
        """Those that are events."""
        for line in self.lines:
            with suppress(NotAnEventError):
                yield decode(line)


class Lessons:
    """Counts the events that a matcher saw, and teaches it when it is time."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._sample = Sample()
        self._seen = 0
        self._start = 0
        self._vain = 0
        self._due = FIRST

    def after(self, lines: Sequence[bytes]) -> None:
        """The matcher has seen these lines."""
        self._seen += len(lines)
        self._sample.add(lines)
        if self._seen < self._due:
            return
        vain = sum(each.candidates - each.matched for each in self._matcher.costs.values())
        if self._due == FIRST or vain - self._vain > VAIN * (self._seen - self._start):
            self._matcher.learn_from(list(self._sample.events()))
        self._due = SECOND if self._seen < SECOND else self._seen + LATER
        self._start, self._vain, self._sample = self._seen, vain, Sample()
