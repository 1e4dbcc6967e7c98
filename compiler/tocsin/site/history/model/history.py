"""What the ledger of an environment tells of it: facts, each with the release that it is from.

All of it is the ledger up to the end of the period, and nothing later. Times are UTC, ISO 8601, to
the second, so that their texts compare. None is "no record": the ledger does not tell, which is
neither "none" nor "no". An empty text or tuple is what was recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tocsin.site.history.model.control import (
    AttackRecord,
    ControlHistory,
    MappingRecord,
    SourceHistory,
)
from tocsin.site.history.model.detection import DetectionHistory, ExceptionRecord, TechniqueHistory
from tocsin.site.history.model.period import Period, SignatureState
from tocsin.site.history.model.release import DriftHistory, PersonHistory, ReleaseHistory
from tocsin.state.ledger_event import AnyEvent, Verified


@dataclass(frozen=True, slots=True)
class LedgerEvidence:
    """What speaks for the record itself. `findings` of `verify` now; None: it was not run.

    `verified`: when it was last recorded. `standing`: of all releases together.
    """

    head: str
    commits: int
    findings: tuple[str, ...] | None
    standing: SignatureState
    verified: Verified | None


@dataclass(frozen=True)
class History:
    """All of an environment up to the end of the period. Releases and events are oldest first."""

    project: str
    environment: str
    period: Period
    attack: AttackRecord
    releases: tuple[ReleaseHistory, ...]
    detections: tuple[DetectionHistory, ...]
    techniques: tuple[TechniqueHistory, ...]
    sources: tuple[SourceHistory, ...]
    mappings: tuple[MappingRecord, ...]
    controls: tuple[ControlHistory, ...]
    persons: tuple[PersonHistory, ...]
    exceptions: tuple[ExceptionRecord, ...]
    drifts: tuple[DriftHistory, ...]
    events: tuple[AnyEvent, ...]
    evidence: LedgerEvidence

    @cached_property
    def by_id(self) -> dict[str, DetectionHistory]:
        """The detections."""
        return {each.id: each for each in self.detections}

    @cached_property
    def by_number(self) -> dict[int, ReleaseHistory]:
        """The releases."""
        return {each.number: each for each in self.releases}
