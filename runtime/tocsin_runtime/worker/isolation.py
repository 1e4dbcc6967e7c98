"""A detection that fails, or takes far too long, is evaluated apart; its neighbours go on.

What it cannot tell of an event is told as a failure of this detection on this event, so that a
person can look into it; nothing of that is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any

from tocsin.model.artifact import Match
from tocsin.pack import Part
from tocsin_runtime.decode import NotAnEventError, decode
from tocsin_runtime.matcher import Cost, EvaluatorMatcher, Failed, Matched, Matcher
from tocsin_runtime.matcher.base import SLOW_SECONDS

Make = Callable[[Sequence[Part]], Matcher]

SLOW_BATCH_SECONDS = 2.0
"""A batch that takes longer is searched for a detection that takes long on single events."""
BUDGET_SECONDS = 0.5
"""What one isolated detection may take of a batch."""
SEARCH_SECONDS = 5.0
_SAMPLE = 5
"""Events, the longest of a batch, on which detections are timed."""


class Isolating:
    """A matcher of parts that leaves out those that fail. `isolated`: which, by id, and why."""

    def __init__(self, parts: Sequence[Part], make: Make) -> None:
        self._make = make
        self._parts = list(parts)
        self._matcher = make(parts)
        self._alone: dict[str, EvaluatorMatcher] = {}
        self._patience = SLOW_BATCH_SECONDS
        self.isolated: dict[str, str] = {}

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What detections cost so far, by id."""
        return self._matcher.costs

    def learn_from(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Learn what events are like."""
        self._matcher.learn_from(events)

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON, and on what a detection failed."""
        start = perf_counter()
        try:
            found = self._matcher.match_lines(lines)
        except Exception:  # noqa: BLE001 - whatever goes wrong in one, the others are to go on
            self._isolate(failing(self._parts, lines, self._make))
            found = self._matcher.match_lines(lines)
        if perf_counter() - start > self._patience:
            self._patience *= 2  # a search costs time, too
            self._isolate(slow(self._parts, lines))
        for detection, matcher in self._alone.items():
            _add(found, detection, matcher, lines)
        if self._alone:
            found.matches.sort()
        return found

    def _isolate(self, reasons: Mapping[str, str]) -> None:
        if not reasons:
            return
        for part in self._parts:
            if part.detection in reasons:
                self._alone[part.detection] = EvaluatorMatcher([part])
        self.isolated |= reasons
        self._parts = [part for part in self._parts if part.detection not in reasons]
        self._matcher = self._make(self._parts)


def failing(parts: Sequence[Part], lines: Sequence[bytes], make: Make) -> dict[str, str]:
    """The detections that fail on some of these lines, and how; found by halving."""
    try:
        make(parts).match_lines(lines)
    except Exception as error:  # noqa: BLE001 - as above
        if len(parts) == 1:
            return {parts[0].detection: _told(error)}
        middle = len(parts) // 2
        halves = parts[:middle], parts[middle:]
        found = failing(halves[0], lines, make) | failing(halves[1], lines, make)
        # Together only: each is evaluated by itself from now on.
        return found or {part.detection: _told(error) for part in parts}
    return {}


def slow(parts: Sequence[Part], lines: Sequence[bytes]) -> dict[str, str]:
    """The detections that take long on one of the longest lines, as far as there is time."""
    events = [(len(line), event) for line in longest(lines) if (event := _event(line)) is not None]
    limit = perf_counter() + SEARCH_SECONDS
    found: dict[str, str] = {}
    for part in parts:
        matcher = EvaluatorMatcher([part])
        for size, event in events:
            start = perf_counter()
            with suppress(Exception):
                matcher.match(event)
            seconds = perf_counter() - start
            if seconds > SLOW_SECONDS:
                found[part.detection] = f"slow: {seconds:.2f} s on an event of {size} bytes"
                break
        if perf_counter() > limit:
            break
    return found


def longest(lines: Sequence[bytes]) -> Sequence[bytes]:
    """A few of the longest lines."""
    return sorted(lines, key=len)[-_SAMPLE:]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        return decode(line)
    except NotAnEventError:
        return None


def _add(found: Matched, detection: str, matcher: Matcher, lines: Sequence[bytes]) -> None:
    """What one detection says, as far as it can and has time: of short events first."""
    limit = perf_counter() + BUDGET_SECONDS
    for number in sorted(range(len(lines)), key=lambda number: len(lines[number])):
        if number in found.refused:
            continue
        if perf_counter() > limit:
            found.failed.append(Failed(number, detection, "isolated: it takes too long"))
            continue
        try:
            told = matcher.match_lines([lines[number]])
        except Exception as error:  # noqa: BLE001 - as above
            found.failed.append(Failed(number, detection, f"isolated: {_told(error)}"))
        else:
            found.matches += [Match(match.detection, number) for match in told.matches]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
