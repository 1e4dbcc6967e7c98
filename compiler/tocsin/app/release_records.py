"""What the ledger tells of an alert: the release that raised it, its text on the alert's events.

The text is the one that the release encloses, never the one that lies in the project's folder now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from tocsin.app.explained_alert import explained_alert
from tocsin.cases.explain import Named, named
from tocsin.errors import TocsinError
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import load_project
from tocsin.ir.query import Resolved
from tocsin.release.entry import Entry
from tocsin.state.consent import Consent, approval_path
from tocsin.state.enclosed import CONTENT
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
_FILTER = re.compile(rb"^[\"']?filter[\"']?[ ]*:", re.MULTILINE)


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
        files = _files(ledger, release)
        found = _deployed(_narrowed(files, entry), raised) or _deployed(files, raised)
        if found is None:
            raise NoRecordError("this version of Tocsin reads the text of that release differently")
        return found


@contextmanager
def _said() -> Iterator[None]:
    """What stands against reading the ledger, in words."""
    try:
        yield
    except TocsinError as error:
        raise NoRecordError(error.message or "the ledger cannot be read") from None


def _numbered(ledger: GitLedger, number: int) -> Release:
    found = next(iter(ledger.numbered([number])), None)
    if found is None or found.number != number:
        raise NoRecordError(f"the ledger of {ledger.environment} has no release {number}")
    return found


def _approvers(ledger: GitLedger, release: Release, consent: Consent) -> Iterator[tuple[str, str]]:
    """Whose approvals the release encloses, and the places of their reviews."""
    paths = [approval_path(number) for number in range(1, len(consent.approvals) + 1)]
    stored = ledger.repository.read([f"{release.commit}:{path}" for path in paths])
    for each, name in zip(stored, (*consent.reviewers, *[""] * len(paths)), strict=False):
        try:
            approval = claimed(each.data if each else b"")
            yield approval.reviewer, approval.review
        except UntrustedError:
            yield name, ""


def _files(ledger: GitLedger, release: Release) -> dict[str, bytes]:
    """The project's files as the release encloses them, by path."""
    blobs = ledger.repository.tree(release.commit).files
    paths = [path for path in blobs if path.startswith(CONTENT)]
    found = ledger.repository.read([blobs[path] for path in paths])
    return {
        path.removeprefix(CONTENT): each.data
        for path, each in zip(paths, found, strict=True)
        if each
    }


def _narrowed(files: Mapping[str, bytes], entry: Entry) -> dict[str, bytes]:
    """Without the rules of others, as far as one can tell: a project may have thousands."""
    return {
        path: data
        for path, data in files.items()
        if not path.startswith("rules/") or path == entry.file or _FILTER.search(data)
    }


def _deployed(files: Mapping[str, bytes], raised: Raised) -> DeployedText | None:
    """The detection of these files, if they make the one that raised the alert."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for path, data in files.items():
            if ".." in PurePosixPath(path).parts:
                raise NoRecordError("the release is damaged")
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        project = load_project(root)
        query = next((q for q in project.queries if q.detection.id == raised.detection), None)
        if query is None or query.logic != raised.logic:
            return None
        values = dict(read_placeholders(root / "placeholders")[0])
        return DeployedText(query, tuple(named(each, values) for each in query.events))
