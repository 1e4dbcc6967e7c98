"""What is told of a detection, and of a technique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tocsin.release.entry import Entry
from tocsin.site.history.model.period import State, StateSpan
from tocsin.state.case_proof import CaseProof


@dataclass(frozen=True, slots=True)
class EntryAttribute:
    """What an attribute of a detection said before and after, in words."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What a release did to a detection. `entry` is the one removed where `action` is `removed`.

    `direction`: how the new logic stands to the old one; None where the release records none.
    `weakens`: why it may find less, empty if it does not.
    """

    release: int
    at: str
    action: str
    entry: Entry
    before: Entry | None
    direction: str | None
    weakens: str
    attributes: tuple[EntryAttribute, ...]


@dataclass(frozen=True, slots=True)
class RecordedTexts:
    """A detection's files as a release encloses them, and the bytes that were deployed."""

    rule: str | None
    cases: str | None
    artifact: bytes | None


@dataclass(frozen=True, slots=True)
class LogicVersion:
    """A logic of a detection, as the release that first deployed it in this stretch has it."""

    number: int
    release: int
    at: str
    entry: Entry
    texts: RecordedTexts


@dataclass(frozen=True, slots=True)
class CaseRun:
    """How a case ended before a release deployed what it is a case of."""

    release: int
    at: str
    proof: CaseProof


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """A time in which less was asked or found than usual; `detection` is empty for all of them.

    `end`: when it expires, or ended before that; empty: never. `release`: that began it.
    """

    kind: Literal["mute", "emergency", "filter", "forced-promotion"]
    detection: str
    owner: str | None
    reason: str | None
    begin: str
    end: str
    ticket: str | None
    release: int

    def holds(self, at: str) -> bool:
        """Whether it is active then."""
        return self.begin <= at and (not self.end or at < self.end)


@dataclass(frozen=True, slots=True)
class DetectionHistory:
    """All of one detection. `entry`, `texts`: at the end, or as last deployed.

    A newer form in shadow beside a live one is a detection of its own (`entry.beside`). `spans`,
    `changes`, `versions`, `runs`: oldest first. `runs` is None where the release that deployed the
    present version records no cases. `techniques`: as tagged. `logsource`: of its file.
    """

    id: str
    key: str
    entry: Entry
    state: State
    texts: RecordedTexts
    spans: tuple[StateSpan, ...]
    changes: tuple[EntryChange, ...]
    versions: tuple[LogicVersion, ...]
    runs: tuple[CaseRun, ...] | None
    exceptions: tuple[ExceptionRecord, ...]
    techniques: tuple[str, ...]
    logsource: str | None


@dataclass(frozen=True, slots=True)
class TechniqueHistory:
    """A technique, and the detections that name it or a part of it, ever and at the end.

    `name` is None where ATT&CK of then is not recorded, or does not have it. `spans`: `live` while
    any of its detections is, else the best state of them.
    """

    id: str
    name: str | None
    tactics: tuple[str, ...]
    parent: str
    successor: str
    detections: tuple[str, ...]
    live: tuple[str, ...]
    spans: tuple[StateSpan, ...]
