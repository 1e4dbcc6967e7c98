"""The interface between apply and a backend's workers or jobs, which run continuously.

A stream environment has one fleet per backend. A fleet lists the steps that take it from one
release to the next; a plan shows them, and apply carries out the same ones. After a kill at any
point, apply starts again at the first step: each step checks what is there, and continues from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
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
from tocsin.release.mute import MutedUntil
from tocsin.release.state_decision import StateDecision


@dataclass(frozen=True, slots=True)
class Rollout:
    """The change of an environment from one release to another.

    `bodies` has the bytes of all artifacts of both releases, by digest; `decisions` those of the
    stateful detections that change, by id. `mutes`: until when detections raise no alerts.
    """

    release: int
    before: tuple[Entry, ...]
    after: tuple[Entry, ...]
    bodies: Mapping[str, bytes] = field(repr=False)
    decisions: Mapping[str, StateDecision] = field(default_factory=dict)
    mutes: MutedUntil = field(default_factory=dict)

    def of(self, backend: str) -> Rollout:
        """The part of one backend."""
        before, after = (
            tuple(e for e in side if e.backend == backend) for side in (self.before, self.after)
        )
        return replace(self, before=before, after=after)

    @property
    def back(self) -> Rollout:
        """The way back."""
        return Rollout(self.release, self.after, self.before, self.bodies)


@dataclass(frozen=True, slots=True)
class StreamEnvironment:
    """A stream environment as its settings describe it, with resolved addresses.

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
    """What was started does not become healthy in time; the previous release keeps running."""

    code = "unhealthy"


class Publisher(Protocol):
    """Publishes what a fleet's readers must know; durable on return."""

    def cut_over(self, cutovers: Sequence[Cutover]) -> None:
        """Publish whose matches count from now on, for these detections."""

    def canary(self, share: float | None) -> None:
        """Run the new detections on this share of partitions; None ends the canary."""

    def begin(self, starts: Mapping[str, int]) -> None:
        """Publish where workers begin in these topics, and no others, if they have never read them.

        Milliseconds since 1970, 0 for the beginning. What was already published does not change.
        """


class Phase(Enum):
    """When a step is carried out: all fleets finish a phase before the next one begins.

    `STAGE`: check the new release, and start what can run beside the old; what is live does not
    change. `SWITCH`: the release is published; make it live. `SETTLE`: remove what the old release
    leaves behind.
    """

    STAGE = "stage"
    SWITCH = "switch"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class RolloutStep:
    """What a rollout does to some jobs or to the workers: what it does, and to which `subjects`.

    `carry_out` returns once it is done and what it started is healthy. It may be called again after
    a kill at any point, and then continues from what it finds. Raises UnhealthyError if what it
    started does not become healthy.
    """

    phase: Phase
    does: str
    subjects: tuple[str, ...]
    carry_out: Callable[[Publisher], None] = field(repr=False, compare=False)


class Fleet(Protocol):
    """Workers or jobs of one backend in one environment."""

    def findings(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> list[Finding]:
        """The differences between what runs and these released detections of the backend."""

    def judge(self, before: bytes, after: bytes, wish: str) -> StateDecision:
        """The state decision for a detection whose artifact changes; `wish` is a Fate or empty."""

    def steps(self, rollout: Rollout) -> list[RolloutStep]:
        """The steps of a rollout, in order within each phase. Asking for them changes nothing."""

    def retreat(self, rollout: Rollout) -> list[RolloutStep]:
        """The steps that make the old release live again, wherever those of the rollout stopped."""


@runtime_checkable
class StreamBackend(Protocol):
    """A backend that runs detections continuously.

    `packs`: it runs the detections on events of a source as one pack, and its deployed artifact of
    each is a part. `in_workers`: Tocsin's workers match these parts; other backends write matches
    to the topic of found matches, which workers turn into alerts.
    """

    name: str
    packs: bool
    in_workers: bool

    def deployed(self, query: Resolved) -> Artifact:
        """The artifact for a stream environment: everything needed to run it without the project.

        Raises Unsupported before any text is made.
        """

    def inputs(self, artifact: Artifact) -> Mapping[str, str]:
        """The topics that a deployed artifact reads, by source.

        Raises ValueError if it is damaged.
        """

    def fleet(self, environment: StreamEnvironment) -> Fleet:
        """Its workers or jobs there. Raises ConfigError if a setting is missing."""


@runtime_checkable
class EnvironmentBackend(Protocol):
    """A stream backend that deploys to a kind of environment of its own.

    `kind`: as in `tocsin.toml`. `settings`: what an environment of this kind has as `settings`.
    What it deploys raises the alerts; Tocsin's workers are not involved.
    """

    name: str
    kind: str
    settings: type[BaseModel]

    def records(self, environment: StreamEnvironment) -> RecordStore:
        """Where the records of an environment are kept; `FolderRecords` is one."""
