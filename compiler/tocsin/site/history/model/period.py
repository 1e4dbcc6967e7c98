"""When something was so, and what a signature says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["live", "shadow", "muted", "absent"]
UNRECORDED = ("data seen", "fired", "canary-proven")
"""States of a detection that no release records."""


@dataclass(frozen=True, slots=True)
class Period:
    """What is asked about, both ends included. `at`: the date, where one was asked for."""

    begin: str
    end: str
    at: str = ""

    def holds(self, at: str) -> bool:
        """Whether this time is within."""
        return self.begin <= at <= self.end


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A time in one state. `end` is that of the next span, empty where the period ends before.

    `reason`: why it began, `release` the release that began it: 0 where none did (a mute that
    expired, the time before the first release). The first span may begin before the period.
    """

    state: State
    begin: str
    end: str
    release: int
    reason: str

    def seconds(self, period: Period) -> int:
        """How long of the period."""
        begin, end = max(self.begin, period.begin), min(self.end or period.end, period.end)
        between = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
        return max(0, int(between.total_seconds()))


@dataclass(frozen=True, slots=True)
class SignatureState:
    """Whether something is what somebody signed whose key counts: by whom, or why not.

    `unproven`: nothing speaks against it, but there is no signature, or no trust file was given.
    """

    verdict: Literal["valid", "unproven", "invalid"]
    words: str
