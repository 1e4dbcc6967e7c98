"""The interface: a matcher is built from parts of one source and called once per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from tocsin.ir.evidence import Grounds
from tocsin.model.artifact import Match, Missed

SLOW_SECONDS = 0.05
"""One event of one detection; regular expressions are of RE2, whose time is linear."""


@dataclass(slots=True)
class Cost:
    """What a detection cost: events looked at closely, how long, and how many of them matched.

    `slow`: events on which that took longer than `SLOW_SECONDS`.
    """

    candidates: int = 0
    matched: int = 0
    seconds: float = 0.0
    slow: int = 0

    def add(self, seconds: float, *, matched: bool) -> None:
        """Count one event."""
        self.candidates += 1
        self.matched += matched
        self.seconds += seconds
        self.slow += seconds > SLOW_SECONDS


class Failed(NamedTuple):
    """A detection could not be evaluated on the line with this number."""

    line: int
    detection: str
    reason: str


@dataclass(slots=True)
class Matched:
    """Matches by number of the line, sorted; `refused`: why lines are no events.

    `failed`: what is not known of lines, though other detections match them or do not.
    `grounds`: of correlations, what each match rests on, in the same order; `left_out`: base
    matches that do not count.
    """

    matches: list[Match] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)
    grounds: list[Grounds] = field(default_factory=list)
    left_out: list[Missed] = field(default_factory=list)


class Matcher(Protocol):
    """Evaluates all its parts on events. Must agree with the evaluator on every event.

    It need not look at more of a line than its parts ask for: a line that is broken elsewhere may
    pass for an event, and is refused where its event is decoded.
    """

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What detections have cost so far, by id; those that cost nothing may be missing."""

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON."""

    def learn_from(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Adapt to typical events: to be faster, never to match differently."""
