"""A history with what pages ask of it again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tocsin.canonical import digest
from tocsin.model.noise import NoiseReport
from tocsin.site.history.inferred import InferredAnalytic, inferred
from tocsin.site.history.model import (
    CaseRun,
    ControlEvidence,
    ControlHistory,
    DetectionHistory,
    EntryChange,
    History,
    ReleaseHistory,
)
from tocsin.site.pages import links
from tocsin.state.ledger_event import AnyEvent

SILENT_OUTPUT = digest([])
"""What a case's run records as its output where nothing alerted."""
CHANGES, EVENTS, PER_PAGE = "changes.html", "attempts.html", 100
STATES = ("live", "shadow", "muted", "absent")


@dataclass(frozen=True, slots=True)
class TechniqueSupport:
    """A technique that a mapping gives a control. `detections`: how many detections support it."""

    evidence: ControlEvidence
    detections: int


@dataclass(frozen=True)
class SiteContext:
    """One site: its facts, its addresses, and facts turned round."""

    history: History
    downloads: tuple[str, ...] = ()
    noise: NoiseReport | None = None

    @cached_property
    def listed(self) -> list[DetectionHistory]:
        """Detections as lists show them: what is live first, then by title."""
        return sorted(
            self.history.detections,
            key=lambda d: (STATES.index(d.state), d.entry.title.casefold(), d.id),
        )

    @cached_property
    def live(self) -> list[DetectionHistory]:
        """The detections that are live at the end."""
        return [each for each in self.listed if each.state == "live"]

    @cached_property
    def state_counts(self) -> dict[str, int]:
        """How many detections are in each state at the end."""
        return {s: sum(1 for d in self.history.detections if d.state == s) for s in STATES}

    @cached_property
    def tested(self) -> set[str]:
        """Ids of detections whose present version has cases on record that all passed."""
        return {each.id for each in self.history.detections if is_tested(each)}

    @cached_property
    def technique_ids(self) -> set[str]:
        """Ids of the techniques that have a page."""
        return {each.id for each in self.history.techniques}

    @cached_property
    def source_names(self) -> set[str]:
        """Names of the sources that have a page."""
        return {each.name for each in self.history.sources}

    @cached_property
    def person_names(self) -> dict[str, str]:
        """The person behind each name that records say."""
        persons = self.history.persons
        other = {name: each.name for each in persons for name in each.names}
        return other | {each.name: each.name for each in persons}

    @cached_property
    def controls_of(self) -> dict[str, list[tuple[ControlHistory, ControlEvidence]]]:
        """The controls that each detection supports, and why."""
        found: dict[str, list[tuple[ControlHistory, ControlEvidence]]] = defaultdict(list)
        for control in self.history.controls:
            for evidence in control.evidence:
                found[evidence.detection].append((control, evidence))
        return found

    @cached_property
    def inferred(self) -> dict[str, tuple[InferredAnalytic, ...] | None]:
        """The analytics of ATT&CK that each detection may be one of; None: no record."""
        return {each.id: inferred(self.history, each) for each in self.history.detections}

    @cached_property
    def inferred_live(self) -> dict[str, list[str]]:
        """The live detections that may be one of an analytic, by its id."""
        found: dict[str, list[str]] = defaultdict(list)
        for each in self.live:
            for one in self.inferred[each.id] or ():
                found[one.analytic.id].append(each.id)
        return found

    def mapped(self, control: ControlHistory) -> list[TechniqueSupport]:
        """What mappings say of a control: a technique each, with detections that name it."""
        found: dict[ControlEvidence, set[str]] = defaultdict(set)
        for each in control.evidence:
            if each.mapping:
                found[replace(each, detection="")].add(each.detection)
        return [TechniqueSupport(each, len(ids)) for each, ids in found.items()]

    @cached_property
    def events(self) -> list[AnyEvent]:
        """What happened besides releases, newest first."""
        return list(reversed(self.history.events))

    @cached_property
    def in_period(self) -> list[ReleaseHistory]:
        """The releases of the period, newest first."""
        held = (r for r in self.history.releases if self.history.period.holds(r.made))
        return sorted(held, key=lambda r: -r.number)

    @cached_property
    def changes(self) -> list[EntryChange]:
        """All changes of the period, newest first."""
        return [change for release in self.in_period for change in release.changes]

    @cached_property
    def change_places(self) -> dict[tuple[int, str], tuple[int, str]]:
        """The number and the address of each change of the period, by release and detection."""
        every = len(self.changes)
        return {
            (c.release, c.entry.id): (every - n, self._anchor(CHANGES, n, f"c{every - n}"))
            for n, c in enumerate(self.changes)
        }

    @cached_property
    def event_places(self) -> dict[int, str]:
        """The address of each event of the ledger."""
        newest_first = enumerate(reversed(self.history.events))
        return {event.n: self._anchor(EVENTS, n, f"e{event.n}") for n, event in newest_first}

    @staticmethod
    def _anchor(path: str, position: int, name: str) -> str:
        return f"{links.paged(path, position // PER_PAGE + 1)}#{name}"

    def detection_path(self, id_: str) -> str:
        """The page of a detection, empty if there is none."""
        found = self.history.by_id.get(id_)
        return links.detection_path(found.key, id_) if found else ""


def present_runs(detection: DetectionHistory) -> Sequence[CaseRun]:
    """The runs of the cases of the present version, the last of each case and engine."""
    since = detection.versions[-1].release if detection.versions else 0
    last = {(r.proof.case, r.proof.engine): r for r in detection.runs or () if r.release >= since}
    return [last[key] for key in sorted(last)]


def is_tested(detection: DetectionHistory) -> bool:
    """Whether cases of the present version are on record, and all passed."""
    runs = present_runs(detection)
    return bool(runs) and all(run.proof.verdict == "passed" for run in runs)


def is_silent(run: CaseRun) -> bool:
    """Whether the case is one of events that must not alert."""
    return run.proof.output == SILENT_OUTPUT
