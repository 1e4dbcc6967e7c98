"""A plan is data: what is to be done, in steps that are safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from tocsin.canonical import digest
from tocsin.model.source import Source
from tocsin.pack.diff import PackDiff
from tocsin.release.entry import FORBID_UNKNOWN, Action, Entry, Whole
from tocsin.release.finding import Finding
from tocsin.release.moment import Moment
from tocsin.release.state_decision import StateDecision
from tocsin.state.release import Revision

DriftKind = Literal["", "missing", "altered", "foreign"]


@dataclass(frozen=True, slots=True)
class Deploy:
    """Put new bytes (or a new mode) in place: added, changed, recompiled or switched.

    `drift`: what was found in the place of the old bytes, if not the old bytes. `state`: what
    happens to the state of a detection that has any.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    after: Entry
    before: Entry | None = None
    drift: DriftKind = ""
    state: StateDecision | None = None
    kind: Literal["deploy"] = "deploy"


@dataclass(frozen=True, slots=True)
class Repair:
    """Put back the bytes of an unchanged detection that are missing or were altered."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    after: Entry
    drift: DriftKind
    kind: Literal["repair"] = "repair"


@dataclass(frozen=True, slots=True)
class Document:
    """Record a new description; nothing is deployed."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    after: Entry
    before: Entry
    kind: Literal["document"] = "document"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a detection out of the environment. `path` is empty if another one takes its place."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    before: Entry
    path: str
    why: str = ""
    kind: Literal["remove"] = "remove"


@dataclass(frozen=True, slots=True)
class Discard:
    """Remove an artifact that does not belong to any detection of the release."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    path: str
    why: Literal["foreign", "moved"]
    kind: Literal["discard"] = "discard"


@dataclass(frozen=True, slots=True)
class Mend:
    """Repair something that does not run as released: a job, a worker, a topic."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    finding: Finding
    kind: Literal["mend"] = "mend"


@dataclass(frozen=True, slots=True)
class SetMute:
    """Raise no alerts of a live detection until a time. `review`: the branch of its review."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    after: Entry
    until: Moment
    reason: str
    review: str = ""
    kind: Literal["mute"] = "mute"


@dataclass(frozen=True, slots=True)
class LiftMute:
    """Raise alerts of a detection again that was muted `until` a later time."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    after: Entry
    until: Moment
    kind: Literal["unmute"] = "unmute"


Step = Deploy | Repair | Document | Remove | Discard | Mend | SetMute | LiftMute


@dataclass(frozen=True, slots=True)
class Refused:
    """A detection that its backend refuses. `deployed`: the version in place, 0 for none."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    id: str
    key: str
    backend: str
    source: str
    message: str
    deployed: Whole = 0


def repair_of(release: int) -> str:
    """The reason of a plan that puts back what this release deployed."""
    return f"repair of release {release}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The way from release `base_number` (commit `base`) to the state in `result`.

    `live` is the digest of what was found in place, empty where nothing can be observed.
    `sources`: as they are declared now, by name, for those who run events.
    `packs` that change, each the detections of one source on one backend.
    A plan with `problems` is shown but never applied.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    environment: str
    project: str
    reason: str
    base: str = ""
    base_number: Whole = 0
    live: str = ""
    source: Revision = field(default_factory=Revision)
    tools: dict[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    result: tuple[Entry, ...] = ()
    sources: tuple[Source, ...] = ()
    refused: tuple[Refused, ...] = ()
    packs: tuple[PackDiff, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return dict(PLAN.dump_python(self, mode="json"))

    @property
    def digest(self) -> str:
        """Identity of the plan; artifacts count through their digests."""
        return digest(self.record)

    @property
    def effect(self) -> Plan:
        """The same plan without what only tells of its making: commit, tools, warnings."""
        return replace(self, source=Revision(), tools={}, warnings=())

    @property
    def identity(self) -> str:
        """Digest of what it does: equal for the same content on another commit."""
        return self.effect.digest

    @property
    def intended(self) -> str:
        """Digest of what it does to the release before, whatever was found in place.

        A plan that is made from the ledger alone has the same.
        """
        entries = tuple(map(_planned, self.result))
        muting = [step for step in self.steps if isinstance(step, SetMute | LiftMute)]
        steps = tuple(replace(step, after=_planned(step.after)) for step in muting)
        kept = replace(self.effect, live="", steps=steps, packs=(), problems=(), result=entries)
        return digest(["intended", kept.record])

    @property
    def repairs(self) -> bool:
        """Whether it leads back to its own base."""
        return self.reason == repair_of(self.base_number)

    @property
    def decisions(self) -> dict[str, StateDecision]:
        """What happens to the state of detections that change, by id."""
        deployed = [step for step in self.steps if isinstance(step, Deploy)]
        return {step.after.id: step.state for step in deployed if step.state is not None}

    @property
    def counts(self) -> dict[Action, int]:
        """How many detections are added, changed, and so on; zeroes left out."""
        done = [e.action for e in self.result]
        done += [Action.REMOVED for s in self.steps if isinstance(s, Remove)]
        return {a: n for a in Action if (n := done.count(a))}


PLAN = TypeAdapter(Plan)


def _planned(entry: Entry) -> Entry:
    """Without what depends on what was found in place."""
    return replace(entry, action=Action.UNCHANGED, isolated=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A plan with the bytes that its steps deploy, by digest."""

    plan: Plan
    bodies: Mapping[str, bytes] = field(repr=False)
