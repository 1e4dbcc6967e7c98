"""What runs detections continuously: the seam between apply and workers or jobs.

A stream environment has one fleet a backend. Apply moves all fleets from one release to the next:
`stage`, `switch`, `settle`, in this order, each for all fleets; after an error, `retreat`. Every
method may be called again after a kill at any point, and then goes on from what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, Protocol

from pydantic import ConfigDict, FailFast, Field

from tocsin.backend.fault import point
from tocsin.errors import EngineError
from tocsin.model.entry import FORBID_UNKNOWN, MOST, Entry, Whole

ISOLATED = "detection-isolated"
"""Kind of the finding that a detection, its `subject` by key, fails or takes too long."""


Place = tuple[int, int]
"""Partition and offset of a match in the topic of matches."""


class Fate(StrEnum):
    """What happens to the state of a correlation when its detection changes."""

    KEEP = "keep"
    REPLAY = "replay"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fate of a detection's state, and why.

    `replay_ms`: how far back events are read again. `risk_ms`: for how long after the switch
    matches may be missed, or found on windows of the old version. `problem`: why what the author
    asked for is impossible; such a plan is not applied.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    fate: Fate
    why: str
    replay_ms: int = 0
    risk_ms: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that runs otherwise than the ledger says.

    `kind` is a stable word in kebab case (`job-missing`, `worker-behind`), `subject` the name of
    the job, worker, topic or artifact, `cure` what mends it. `by_hand`: no apply does.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    kind: str
    subject: str
    detail: str = ""
    cure: str = ""
    by_hand: bool = False

    @property
    def words(self) -> str:
        """All of it in one line."""
        detail = f": {self.detail}" if self.detail else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{self.kind.replace('-', ' ')}: {self.subject}{detail}{cure}"


@dataclass(frozen=True, slots=True)
class Tally:
    """So many events that match a detection tell no time, or do not count for a correlation.

    `subject` is the detection's key or a source's name, `reason` one of `tocsin.ir.stream`.
    """

    subject: str
    reason: str
    events: int

    @property
    def words(self) -> str:
        """All of it in one line."""
        what = "event" if self.events == 1 else "events"
        return f"{self.events} {what} {self.reason}: {self.subject}"


@dataclass(frozen=True, slots=True)
class Cut:
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

    def ended(self, place: Place) -> bool:
        """Whether a match at this place was written after `before` was gone."""
        partition, offset = place
        return bool(self.ends) and (partition >= len(self.ends) or offset >= self.ends[partition])


@dataclass(frozen=True, slots=True)
class Move:
    """The way of an environment from one release to another.

    `bodies` holds the bytes of all artifacts of both sides, by digest; `verdicts` those of the
    stateful detections that change, by id.
    """

    release: int
    before: tuple[Entry, ...]
    after: tuple[Entry, ...]
    bodies: Mapping[str, bytes] = field(repr=False)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    def of(self, backend: str) -> Move:
        """The part of one backend."""
        before, after = (
            tuple(e for e in side if e.backend == backend) for side in (self.before, self.after)
        )
        return Move(self.release, before, after, self.bodies, self.verdicts)

    @property
    def back(self) -> Move:
        """The way back."""
        return Move(self.release, self.after, self.before, self.bodies)


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """A stream environment as its settings describe it, addresses looked up.

    `kafka` are bootstrap servers, `gateway` and `rest` Flink's URLs, `registry` that of schemas,
    `storage` a folder; empty where there is none. The rest is as in `tocsin.toml`. `point` is
    called between effects.
    """

    project: str
    environment: str
    kafka: str
    gateway: str = ""
    rest: str = ""
    registry: str = ""
    storage: str = ""
    start: str = "latest"
    parallelism: int = 1
    partitions: int = 0
    canary: float = 0.25
    canary_seconds: int = 10
    healthy_seconds: int = 60
    point: Callable[[str], None] = point


class UnhealthyError(EngineError):
    """What was started does not get healthy in time; the release before goes on."""


class Board(Protocol):
    """Where a fleet publishes what its readers must know; durable on return."""

    def cut(self, cuts: Sequence[Cut]) -> None:
        """Whose matches count from now on, for these detections."""

    def trial(self, share: float | None) -> None:
        """Put the move's detections on trial on this share of partitions; None ends the trial."""

    def begin(self, starts: Mapping[str, int]) -> None:
        """Where workers begin in these topics, and no others, if they never read them.

        Milliseconds since 1970, 0 for all that there is. What was published stays as it is.
        """


class Fleet(Protocol):
    """Workers or jobs of one backend in one environment."""

    def findings(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> list[Finding]:
        """Where what runs differs from these released detections of this backend."""

    def judge(self, before: bytes, after: bytes, wish: str) -> Verdict:
        """The state of a stateful detection whose artifact changes; `wish` is a Fate or empty."""

    def stage(self, move: Move, board: Board) -> None:
        """Check and start what may run beside the old; wait for its health.

        Raises UnhealthyError; then what is live has not been touched.
        """

    def switch(self, move: Move, board: Board) -> None:
        """Make the new live, and wait for its health. Raises UnhealthyError."""

    def settle(self, move: Move, board: Board) -> None:
        """Take away what the old leaves behind."""

    def retreat(self, move: Move, board: Board) -> None:
        """Make the old live again, wherever stage or switch was left."""


@dataclass(frozen=True, slots=True)
class Written:
    """A match as it is in the topic of matches; `time` is its event's, in milliseconds."""

    logic: str
    time: int | None
    place: Place

    def within(self, low: int | None, high: int | None) -> bool:
        """Whether it is later than `low`, and not later than `high`."""
        time = self.time
        return time is None or ((low is None or time > low) and (high is None or time <= high))


def counts(match: Written, now: str, cuts: Sequence[Cut]) -> bool:
    """Whether a match counts, of a detection whose logic is `now`.

    `cuts` are those of the detection, oldest first. Each ends the time of its `before`, and begins
    that of its `after`, at its moment; where it has none, both go on to the ends of time.
    """
    begin, last = None, {now}
    for cut in cuts:
        own = match.logic == cut.before and not cut.ended(match.place)
        if own and match.within(begin, cut.at):
            return True
        begin, last = cut.at, {cut.after} if cut.sure else {cut.after, now}
    return match.logic in last and match.within(begin, None)
