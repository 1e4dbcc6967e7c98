"""The seam between apply and what runs detections continuously: workers or jobs of a backend.

A stream environment has one fleet a backend. Apply moves all fleets from one release to the next:
`stage`, `switch`, `settle`, in this order, each for all fleets; after an error, `retreat`. Every
method may be called again after a kill at any point, and then goes on from what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from tocsin.backend.records import RecordStore
from tocsin.errors import EngineError
from tocsin.fault import point
from tocsin.ir.query import Resolved
from tocsin.model.artifact import Artifact
from tocsin.release.cutover import Cutover
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.state_decision import StateDecision


@dataclass(frozen=True, slots=True)
class Rollout:
    """The way of an environment from one release to another.

    `bodies` holds the bytes of all artifacts of both sides, by digest; `decisions` those of the
    stateful detections that change, by id.
    """

    release: int
    before: tuple[Entry, ...]
    after: tuple[Entry, ...]
    bodies: Mapping[str, bytes] = field(repr=False)
    decisions: Mapping[str, StateDecision] = field(default_factory=dict)

    def of(self, backend: str) -> Rollout:
        """The part of one backend."""
        before, after = (
            tuple(e for e in side if e.backend == backend) for side in (self.before, self.after)
        )
        return Rollout(self.release, before, after, self.bodies, self.decisions)

    @property
    def back(self) -> Rollout:
        """The way back."""
        return Rollout(self.release, self.after, self.before, self.bodies)


@dataclass(frozen=True, slots=True)
class RolloutStep:
    """What a rollout does to one job or group of workers: `does` in order; nothing, it runs on."""

    subject: str
    does: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class StreamEnvironment:
    """A stream environment as its settings describe it, addresses looked up.

    `kafka` are bootstrap servers, `gateway` and `rest` Flink's URLs, `registry` that of schemas,
    `storage` a folder; empty where there is none. The rest is as in `tocsin.toml`. `point` is
    called between effects. Of a kind that a backend declares, only `settings` is given.
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
    settings: BaseModel | None = None
    point: Callable[[str], None] = point


class UnhealthyError(EngineError):
    """What was started does not get healthy in time; the release before goes on."""

    code = "unhealthy"


class Publisher(Protocol):
    """Where a fleet publishes what its readers must know; durable on return."""

    def cut_over(self, cutovers: Sequence[Cutover]) -> None:
        """Whose matches count from now on, for these detections."""

    def canary(self, share: float | None) -> None:
        """Run the coming detections on this share of partitions; None ends that."""

    def begin(self, starts: Mapping[str, int]) -> None:
        """Where workers begin in these topics, and no others, if they never read them.

        Milliseconds since 1970, 0 for all that there is. What was published stays as it is.
        """


class Fleet(Protocol):
    """Workers or jobs of one backend in one environment."""

    def findings(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> list[Finding]:
        """Where what runs differs from these released detections of this backend."""

    def judge(self, before: bytes, after: bytes, wish: str) -> StateDecision:
        """The state of a stateful detection whose artifact changes; `wish` is a Fate or empty."""

    def plan(self, rollout: Rollout) -> list[RolloutStep]:
        """What stage, switch and settle will do; changes nothing."""

    def stage(self, rollout: Rollout, publisher: Publisher) -> None:
        """Check and start what may run beside the old; wait for its health.

        Raises UnhealthyError; then what is live has not been touched.
        """

    def switch(self, rollout: Rollout, publisher: Publisher) -> None:
        """Make the new live, and wait for its health. Raises UnhealthyError."""

    def settle(self, rollout: Rollout, publisher: Publisher) -> None:
        """Take away what the old leaves behind."""

    def retreat(self, rollout: Rollout, publisher: Publisher) -> None:
        """Make the old live again, wherever stage or switch was left."""


@runtime_checkable
class StreamBackend(Protocol):
    """What a backend has that runs detections continuously, besides.

    `packs`: it runs the detections on events of a source as one pack, and its deployed artifact of
    each is a part. `in_workers`: Tocsin's workers match these parts; what others find they write to
    the topic of found matches, from which workers make alerts.
    """

    name: str
    packs: bool
    in_workers: bool

    def deployed(self, query: Resolved) -> Artifact:
        """The artifact for a stream environment: all that running it takes, the project aside.

        Raises Unsupported before any text is made.
        """

    def inputs(self, artifact: Artifact) -> Mapping[str, str]:
        """The topics that a deployed artifact reads, by source. Raises ValueError for damage."""

    def fleet(self, environment: StreamEnvironment) -> Fleet:
        """Its workers or jobs there. Raises ConfigError where a setting is missing."""


@runtime_checkable
class EnvironmentBackend(Protocol):
    """What a stream backend has that deploys to a kind of environment of its own, besides.

    `kind`: as in `tocsin.toml`. `settings`: what an environment of this kind has as `settings`.
    Alerts are made by whatever it deploys; Tocsin's workers have no part there.
    """

    name: str
    kind: str
    settings: type[BaseModel]

    def records(self, environment: StreamEnvironment) -> RecordStore:
        """Where the records of an environment are kept; `FolderRecords` is one."""
