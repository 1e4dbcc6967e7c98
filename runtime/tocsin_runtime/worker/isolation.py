"""Isolates a detection that fails, or takes far too long, from the others.

What it cannot tell of an event is told as a failure of this detection on this event, so that a
person can look into it; nothing of that is silent.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from time import thread_time
from typing import Any

from tocsin.events.decode import NotAnEventError, decode
from tocsin.model.artifact import Match
from tocsin.pack import Part
from tocsin_matcher import Cost, EvaluatorMatcher, Failed, Matched, Matcher
from tocsin_matcher.base import SLOW_SECONDS

Make = Callable[[Sequence[Part]], Matcher]

PATIENCE_SECONDS = 5.0
"""Computing that a batch may take; then a detection is looked for that is slow on single events."""
BUDGET_SECONDS = 0.5
"""Computing that an isolated detection may take of a batch."""
SEARCH_SECONDS = 5.0
_SAMPLE = 5
"""Events of a batch, of all sizes, on which detections are timed."""


class Isolating:
    """A matcher of parts that leaves out those that fail. `isolated`: which, by id, and why."""

    def __init__(
        self, parts: Sequence[Part], make: Make, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._make = make
        self._parts = list(parts)
        self._matcher = make(parts)
        self._alone: dict[str, EvaluatorMatcher] = {}
        self._patience = patience
        self.isolated: dict[str, str] = {}

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What detections cost so far, by id."""
        return self._matcher.costs

    def learn_from(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Learn from these events, unless that fails or takes too long."""
        try:
            with limited(self._patience):
                self._matcher.learn_from(events)
        except Exception:  # noqa: BLE001 - whatever goes wrong in one, the others are to go on
            self._matcher = self._make(self._parts)

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON, and on what a detection failed."""
        found = self._together(lines)
        for detection, matcher in self._alone.items():
            _add(found, detection, matcher, lines)
        if self._alone:
            found.matches.sort(key=lambda match: (match.event, match.detection))
        return found

    def _together(self, lines: Sequence[bytes]) -> Matched:
        try:
            with limited(self._patience):
                return self._matcher.match_lines(lines)
        except OutOfTimeError:
            self._patience *= 2  # it may be a slow machine
            self._isolate(slow(self._parts, lines))
            return self._together(lines)
        except Exception:  # noqa: BLE001 - as above
            self._isolate(failing(self._parts, lines, self._make))
            return self._together(lines) if self._parts else Matched()

    def _isolate(self, reasons: Mapping[str, str]) -> None:
        for part in self._parts:
            if part.detection in reasons:
                self._alone[part.detection] = EvaluatorMatcher([part])
        self.isolated |= reasons
        self._parts = [part for part in self._parts if part.detection not in reasons]
        self._matcher = self._make(self._parts)


class OutOfTimeError(Exception):
    """A computation takes too long."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError in the block after so many seconds of computing.

    It comes when the call into native code that is going on ends. Other threads than the main
    one, which cannot be interrupted, have all the time they want.
    """
    if current_thread() is not main_thread():
        yield
        return
    if seconds <= 0:
        raise OutOfTimeError("it takes too long")
    before = signal.signal(signal.SIGVTALRM, _ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _ring(*_: object) -> None:
    raise OutOfTimeError("it takes too long")


def failing(parts: Sequence[Part], lines: Sequence[bytes], make: Make) -> dict[str, str]:
    """The detections that fail on some of these lines, and how; found by bisection."""
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
    """The detections that take long on one of these lines, as far as there is time to see."""
    events = [(len(line), event) for line in sample(lines) if (event := _event(line)) is not None]
    limit = thread_time() + SEARCH_SECONDS
    found: dict[str, str] = {}
    for part in parts:
        for size, event in events:
            if part.detection not in found and _is_slow(part, event):
                found[part.detection] = f"slow: over {SLOW_SECONDS} s on an event of {size} bytes"
        if thread_time() > limit:
            break
    return found


def _is_slow(part: Part, event: Mapping[str, Any]) -> bool:
    matcher = EvaluatorMatcher([part])
    start = thread_time()
    with suppress(Exception), limited(2 * SLOW_SECONDS):
        matcher.match(event)
    return thread_time() - start > SLOW_SECONDS


def sample(lines: Sequence[bytes]) -> Sequence[bytes]:
    """A few lines of all sizes, the shortest first."""
    ordered = sorted(lines, key=len)
    return [ordered[n * (len(ordered) - 1) // (_SAMPLE - 1)] for n in range(_SAMPLE)]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        return decode(line)
    except NotAnEventError:
        return None


def _add(found: Matched, detection: str, matcher: Matcher, lines: Sequence[bytes]) -> None:
    """What one detection says, as far as it can and has time: of short events first."""
    limit = thread_time() + BUDGET_SECONDS
    for number in sorted(range(len(lines)), key=lambda number: len(lines[number])):
        if number in found.refused:
            continue
        try:
            with limited(limit - thread_time()):
                told = matcher.match_lines([lines[number]])
        except Exception as error:  # noqa: BLE001 - as above
            found.failed.append(Failed(number, detection, f"isolated: {_told(error)}"))
        else:
            found.matches += [Match(match.detection, number) for match in told.matches]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
