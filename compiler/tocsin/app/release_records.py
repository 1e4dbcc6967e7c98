"""What the ledger tells of an alert: the release that raised it, its text on the alert's events.

The text is the one that the release encloses, never the one that lies in the project's folder now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from tocsin.app.earlier import detections_in, laid_out
from tocsin.app.explained_alert import explained_alert
from tocsin.cases.explain import Named, named
from tocsin.errors import TocsinError
from tocsin.ir.query import Resolved
from tocsin.release.entry import Entry
from tocsin.state.consent import Consent
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import Release
from tocsin.trust.approval import claimed
from tocsin.trust.trust_file import UntrustedError
from tocsin_server.console.recorded import (
    ExplainedAlert,
    NoRecordError,
    Provenance,
    Raised,
)

_MOST_KEPT = 200
_FORM_WITH_CONTENT = 2


@dataclass(frozen=True, slots=True)
class DeployedText:
    """A detection as a release has it. `parts`: of each rule on events that it is made of."""

    query: Resolved
    parts: tuple[Named, ...]


class LedgerRecords:
    """The ledgers of a project's environments. Git is asked by one thread at a time."""

    def __init__(self, root: Path, environments: Sequence[str], project: str) -> None:
        self._root, self._environments, self._project = root, frozenset(environments), project
        self._lock = Lock()
        self._deployed = lru_cache(_MOST_KEPT)(self._read)
        self._provenance = lru_cache(_MOST_KEPT)(self._told)

    def provenance(self, raised: Raised) -> Provenance:
        """Where an alert comes from."""
        with self._lock, _said():
            return self._provenance(raised)

    def explain(self, raised: Raised, events: Sequence[Mapping[str, Any]]) -> ExplainedAlert:
        """Why these events raised it."""
        with self._lock, _said():
            deployed = self._deployed(raised)
        return explained_alert(deployed.query, deployed.parts, events)

    def _release(self, raised: Raised) -> tuple[GitLedger, Release, Entry]:
        if raised.environment not in self._environments:
            raise NoRecordError(f"this project has no environment {raised.environment}")
        ledger = GitLedger(self._root, raised.environment, project=self._project)
        release = _numbered(ledger, raised.release)
        entry = release.entry(raised.detection)
        if entry is None:
            raise NoRecordError("the release does not have this detection")
        if entry.logic != raised.logic:
            raise NoRecordError("the release has this detection with another logic")
        return ledger, release, entry

    def _told(self, raised: Raised) -> Provenance:
        ledger, release, entry = self._release(raised)
        consent = release.consent or Consent()
        return Provenance(
            made=release.made,
            who=release.who,
            reason=release.reason,
            ledger=release.commit,
            commit=release.source.commit,
            uncommitted=release.source.dirty,
            file=entry.file,
            artifact=entry.artifact,
            logic=entry.logic,
            plan=release.plan,
            authors=consent.authors,
            approvers=tuple(_approvers(ledger, release, consent)),
            emergency=consent.emergency,
        )

    def _read(self, raised: Raised) -> DeployedText:
        ledger, release, entry = self._release(raised)
        if holder := release.earlier.get(entry.id):
            release = _numbered(ledger, holder)
        if release.form < _FORM_WITH_CONTENT:
            raise NoRecordError("releases of that time do not enclose their rules")
        for wanted in ({entry.file}, None):
            with laid_out(ledger.repository, release, self._root, wanted) as folder:
                if found := _deployed(folder, raised):
                    return found
        raise NoRecordError("this version of Tocsin reads the text of that release differently")


@contextmanager
def _said() -> Iterator[None]:
    """What stands against reading the ledger, in words."""
    try:
        yield
    except TocsinError as error:
        raise NoRecordError(error.message or "the ledger cannot be read") from None


def _numbered(ledger: GitLedger, number: int) -> Release:
    if release := ledger.release(number):
        return release
    raise NoRecordError(f"the ledger of {ledger.environment} has no release {number}")


def _approvers(ledger: GitLedger, release: Release, consent: Consent) -> Iterator[tuple[str, str]]:
    """Whose approvals the release encloses, and the places of their reviews."""
    paths = consent.approval_paths
    stored = ledger.repository.read([f"{release.commit}:{path}" for path in paths])
    for each, name in zip(stored, (*consent.reviewers, *[""] * len(paths)), strict=False):
        try:
            approval = claimed(each.data if each else b"")
            yield approval.reviewer, approval.review
        except UntrustedError:
            yield name, ""


def _deployed(folder: Path, raised: Raised) -> DeployedText | None:
    """The detection of these files, if they make the one that raised the alert."""
    queries, values = detections_in(folder)
    query = next((q for q in queries if q.detection.id == raised.detection), None)
    if query is None or query.logic != raised.logic:
        return None
    return DeployedText(query, tuple(named(each, values) for each in query.events))
