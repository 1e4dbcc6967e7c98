"""What the page of a detection shows of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.canonical import digest_bytes
from tocsin.plan.words import noise_words
from tocsin.site.history.model import (
    CaseRun,
    ControlHistory,
    DetectionHistory,
    EntryChange,
    LogicVersion,
)
from tocsin.site.pages.context import SiteContext, is_silent, present_runs
from tocsin.site.pages.difference import ShownLine, difference
from tocsin.site.pages.spans import PresenceSpan, within


@dataclass(frozen=True, slots=True)
class VersionText:
    """A version with its texts, and what is other in them than in the version before."""

    version: LogicVersion
    rule: tuple[ShownLine, ...]
    cases: tuple[ShownLine, ...]
    change: EntryChange | None

    @property
    def artifact(self) -> str | None:
        """The deployed bytes as text, None if there is no record of them."""
        data = self.version.texts.artifact
        return None if data is None else data.decode("utf-8", "replace")

    @property
    def artifact_digest(self) -> str:
        """SHA-256 of the deployed bytes."""
        return digest_bytes(self.version.texts.artifact or b"")


@dataclass(frozen=True, slots=True)
class DetectionView:
    """One detection of a site."""

    site: SiteContext
    detection: DetectionHistory

    @property
    def spans(self) -> list[PresenceSpan]:
        """Its states in the period."""
        return within(self.detection.spans, self.site.history.period)

    @property
    def versions(self) -> list[VersionText]:
        """Its versions, newest first."""
        changes = {change.release: change for change in self.detection.changes}
        return list(_versions(self.detection.versions, changes))[::-1]

    @property
    def runs(self) -> list[CaseRun]:
        """The runs of the cases of the present version."""
        return list(present_runs(self.detection))

    @property
    def firing(self) -> int:
        """How many cases of the present version fire."""
        return len({run.proof.case for run in self.runs if not is_silent(run)})

    @property
    def silent(self) -> int:
        """How many cases of the present version must stay silent."""
        return len({run.proof.case for run in self.runs if is_silent(run)})

    @property
    def noise(self) -> str:
        """How much it said, as the file of noise tells; empty where the site has none."""
        report = self.site.noise
        return noise_words(report, self.detection.id) if report else ""

    @property
    def tested(self) -> bool:
        """Whether all these cases passed."""
        return self.detection.id in self.site.tested

    @property
    def controls(self) -> dict[str, list[ControlHistory]]:
        """The controls that it supports, each once: by who says so, its author or a mapping."""
        found: dict[str, dict[tuple[str, str], ControlHistory]] = defaultdict(dict)
        for control, evidence in self.site.controls_of.get(self.detection.id, ()):
            found[evidence.mapping][control.catalogue, control.id] = control
        return {mapping: list(controls.values()) for mapping, controls in sorted(found.items())}


def _versions(
    versions: tuple[LogicVersion, ...], changes: dict[int, EntryChange]
) -> Iterator[VersionText]:
    rule = cases = ""
    for number, version in enumerate(versions):
        texts = version.texts
        fresh = number == 0
        yield VersionText(
            version,
            () if fresh else difference(rule, texts.rule or ""),
            () if fresh else difference(cases, texts.cases or ""),
            changes.get(version.release),
        )
        rule, cases = texts.rule or "", texts.cases or ""
