"""What the report of a period says, drawn from the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tocsin.site.exports.records import in_period
from tocsin.site.history.model import (
    CaseRun,
    DriftHistory,
    EntryChange,
    ExceptionRecord,
    History,
    ReleaseHistory,
    StateSpan,
    TechniqueHistory,
)
from tocsin.state.ledger_event import Attempt


@dataclass(frozen=True)
class PeriodReport:
    """The history, and what of it the period has."""

    history: History

    @cached_property
    def releases(self) -> list[ReleaseHistory]:
        """Those of the period, oldest first."""
        return list(in_period(self.history))

    @cached_property
    def weakening(self) -> list[EntryChange]:
        """Changes by which a detection may find less."""
        return [each for r in self.releases for each in r.changes if each.weakens]

    @property
    def actions(self) -> dict[str, int]:
        """How many detections were added, changed …."""
        return _counted(each.action for r in self.releases for each in r.changes)

    @property
    def unapproved(self) -> list[ReleaseHistory]:
        """Releases without a signed approval of their plan from before they were made."""
        return [each for each in self.releases if not approved(each)]

    @property
    def emergencies(self) -> list[ReleaseHistory]:
        """Releases that somebody let through alone."""
        return [each for each in self.releases if each.consent and each.consent.emergency]

    @property
    def unsigned(self) -> list[ReleaseHistory]:
        """Releases of which no signature counts."""
        return [each for each in self.releases if each.signature.verdict != "valid"]

    @property
    def objected(self) -> list[ReleaseHistory]:
        """Releases that did not meet their policy."""
        return [each for each in self.releases if each.objections]

    @property
    def attempts(self) -> list[Attempt]:
        """Commands that came to no release."""
        held = self.history.period.holds
        return [e for e in self.history.events if isinstance(e, Attempt) and held(e.at)]

    @property
    def drifts(self) -> list[DriftHistory]:
        """Drift that was found in the period."""
        return [each for each in self.history.drifts if self.history.period.holds(each.found)]

    @property
    def exceptions(self) -> list[ExceptionRecord]:
        """Exceptions and mutes that were active at some time of the period."""
        period = self.history.period
        return [
            each
            for each in self.history.exceptions
            if each.begin <= period.end and not (each.end and each.end < period.begin)
        ]

    @cached_property
    def runs(self) -> list[CaseRun]:
        """Cases that were run before releases of the period."""
        held = self.history.period.holds
        return [run for d in self.history.detections for run in d.runs or () if held(run.at)]

    @property
    def engines(self) -> dict[str, int]:
        """How many runs on each engine and version."""
        return _counted(f"{run.proof.engine} {run.proof.version}".strip() for run in self.runs)

    @property
    def untested(self) -> int:
        """Live detections without a record of how their cases ended, or without any case."""
        return sum(1 for d in self.history.detections if d.state == "live" and not d.runs)

    @property
    def states(self) -> dict[str, int]:
        """How many detections are in each state at the end."""
        return _counted(each.state for each in self.history.detections)

    @property
    def covered(self) -> int:
        """Techniques with a live detection at the end, without sub-techniques."""
        return sum(1 for each in self._whole if each.live)

    @property
    def gaps(self) -> list[tuple[TechniqueHistory, StateSpan]]:
        """Times in which a technique that was live in the period was not, the first excepted."""
        period = self.history.period
        return [
            (each, span)
            for each in self._whole
            if any(s.state == "live" and s.seconds(period) for s in each.spans)
            for span in each.spans[1:]
            if span.state != "live" and span.seconds(period)
        ]

    @property
    def _whole(self) -> list[TechniqueHistory]:
        return [each for each in self.history.techniques if not _is_part(each)]


def approved(release: ReleaseHistory) -> bool:
    """Whether a signed approval is one of the plan that was carried out, and from before."""
    return any(
        each.fits and each.standing.verdict != "invalid" and each.at <= release.made
        for each in release.approvals
    )


def _is_part(technique: TechniqueHistory) -> bool:
    return technique.parent not in {"", technique.id}


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
