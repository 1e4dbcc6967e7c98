"""Which matches count while the logic of a detection changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, FailFast, Field

from tocsin.release.entry import FORBID_UNKNOWN, MOST, Whole

MatchPosition = tuple[int, int]
"""Partition and offset of a match in the topic of matches."""


@dataclass(frozen=True, slots=True)
class Cutover:
    """Whose matches of a detection count while its logic changes.

    Those of the logic `before` up to the event time `at` (milliseconds since 1970 UTC), those of
    the logic `after` later than it. `at` is None where the two never see the same event: then both
    count. `sure`: neither had come to `at` when this was published; before that is known, the logic
    that is live counts later than it, too. `ends`: where the topic of matches ended, by partition,
    once `before` was gone; what is written later was found by another start of that logic. Empty as
    long as `before` may write.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    detection: str
    before: str
    after: str
    at: Annotated[int, Field(ge=-MOST, le=MOST)] | None = None
    sure: bool = False
    ends: Annotated[tuple[Whole, ...], FailFast()] = ()

    def ended(self, place: MatchPosition) -> bool:
        """Whether a match at this position was written after `before` was gone."""
        partition, offset = place
        return bool(self.ends) and (partition >= len(self.ends) or offset >= self.ends[partition])


@dataclass(frozen=True, slots=True)
class WrittenMatch:
    """A match as it is in the topic of matches; `time` is its event's, in milliseconds."""

    logic: str
    time: int | None
    place: MatchPosition

    def within(self, low: int | None, high: int | None) -> bool:
        """Whether it is later than `low`, and not later than `high`."""
        time = self.time
        return time is None or ((low is None or time > low) and (high is None or time <= high))


def counts(match: WrittenMatch, now: str, cutovers: Sequence[Cutover]) -> bool:
    """Whether a match counts, of a detection whose logic is `now`.

    `cutovers`: of the detection, oldest first. Each ends the time of its `before`, and begins
    that of its `after`, at its moment; where it has none, both go on to the ends of time.
    """
    begin, last = None, {now}
    for cutover in cutovers:
        own = match.logic == cutover.before and not cutover.ended(match.place)
        if own and match.within(begin, cutover.at):
            return True
        begin, last = cutover.at, {cutover.after} if cutover.sure else {cutover.after, now}
    return match.logic in last and match.within(begin, None)
