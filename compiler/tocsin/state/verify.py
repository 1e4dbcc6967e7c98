"""Recompute every digest of a ledger: object ids, artifacts, seals, plans, events, the chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from tocsin.errors import LedgerError
from tocsin.state import ledger_event
from tocsin.state.git_ledger import GitLedger
from tocsin.state.proof import Proof, doubts, prove, prove_events
from tocsin.state.record_text import ReleaseReader
from tocsin.state.release import FILE, Release
from tocsin.state.stored_commit import NOTHING, Loader, StoredCommit
from tocsin.trust.trust_file import Trust

_CLOCKS = timedelta(minutes=10)
"""By which those of two machines may differ."""
_OTHER_PARENT = "the commit's parent is not the release that release.json names"


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """Something in the ledger that was changed. `release` is 0 if it is unknown."""

    release: int
    commit: str
    message: str


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was checked, found and proven, newest release first.

    `events`: how many there are up to the last commit, `head`.
    """

    releases: int
    artifacts: int
    findings: tuple[LedgerFinding, ...]
    proofs: tuple[Proof, ...] = ()
    events: int = 0
    head: str = ""

    def with_findings(self, more: Iterable[LedgerFinding]) -> LedgerReport:
        """The same with these found besides; their releases are not proven."""
        findings = (*self.findings, *more)
        return replace(self, findings=findings, proofs=_proofs(self.proofs, findings))

    @property
    def verdict(self) -> Literal["proven", "unproven", "damaged"]:
        """Of all releases. Digests alone prove nothing: who rewrites a branch makes new ones."""
        if self.findings:
            return "damaged"
        proven = self.proofs and all(proof.proven for proof in self.proofs)
        return "proven" if proven else "unproven"


def verify(ledger: GitLedger, trust: Trust | None = None) -> LedgerReport:
    """Look at every commit. Damage is a finding, never an exception.

    With `trust`, what signatures should prove and do not is one, too.
    """
    try:
        commits = ledger.branch.commits()
    except LedgerError as error:
        lost = LedgerFinding(0, "", f"the branch cannot be read: {error.message}")
        return LedgerReport(0, 0, (lost,))
    look = _Look(ledger, trust)
    for name, before in zip(commits, [*commits, ""][1:], strict=True):
        look.at(name, before)
    look.end()
    return LedgerReport(
        len(look.proofs),
        look.artifacts,
        tuple(look.findings),
        _proofs(look.proofs, look.findings),
        look.events,
        commits[0] if commits else "",
    )


def _proofs(proofs: Sequence[Proof], findings: Sequence[LedgerFinding]) -> tuple[Proof, ...]:
    """Those of commits that something was found in prove nothing."""
    wrong = {finding.commit: finding.message for finding in reversed(findings)}
    return tuple(
        replace(each, proven=False, by="", why=wrong[each.commit]) if each.commit in wrong else each
        for each in proofs
    )


class _Look:
    """A walk over all commits, newest first; `proofs` has one for each release."""

    def __init__(self, ledger: GitLedger, trust: Trust | None) -> None:
        self.artifacts = self.events = 0
        self.findings: list[LedgerFinding] = []
        self.proofs: list[Proof] = []
        self._signatures: list[Proof] = []
        self._ledger, self._trust = ledger, trust
        self._loader, self._releases = Loader(ledger), ReleaseReader()
        self._loaded: dict[str, StoredCommit | LedgerError] = {}
        self._newer: Release | None = None
        self._log: bytes | None = None

    def at(self, name: str, before: str) -> None:
        """Look at a commit, in front of the one before it."""
        stored, older = self._load(name), self._load(before) if before else NOTHING
        self._loaded.pop(name)
        if isinstance(stored, LedgerError):
            self._unread(name, [stored.message])
            return
        problems = [*stored.faults(), *self._of_log(stored.log)]
        self._prove_events(name, stored, older)
        strange = stored.parents != ([before] if before else [])
        if isinstance(older, StoredCommit) and stored.same_release(older):
            problems += ["the commit does not follow the one before it"] if strange else []
            self._tell(0, name, [*problems, *stored.event_faults(older)])
        else:
            self._release(name, stored, [*problems, *([_OTHER_PARENT] if strange else [])])

    def end(self) -> None:
        """Nothing is before."""
        first = self._newer
        if first is not None and first.number != 1:
            cut = "release 1 is missing: the chain is cut off"
            self._tell(first.number, first.commit, [cut])
        elif first is not None and first.parent:
            self._tell(first.number, first.commit, [_OTHER_PARENT])
        if self._trust:
            for proof, why in doubts(self._signatures):
                self._tell(proof.release, proof.commit, [why])

    def _release(self, name: str, stored: StoredCommit, problems: list[str]) -> None:
        try:
            text = self._releases.read(stored.records[FILE], name)
        except KeyError:
            self._unread(name, [*problems, "release.json is missing"])
            return
        except LedgerError as error:
            self._unread(name, [*problems, error.message])
            return
        release = text.release
        self.artifacts += len(release.entries)
        found = [*problems, *stored.release_faults(text), *self._chain(release)]
        self._tell(release.number, name, found)
        self._prove(prove(release, stored.records, self._trust))
        self._newer = release

    def _prove(self, proof: Proof) -> None:
        self.proofs.append(proof)
        self._signatures.append(proof)

    def _prove_events(
        self, name: str, stored: StoredCommit, older: StoredCommit | LedgerError
    ) -> None:
        """The signature of the events, where the commit adds any."""
        if self._trust and stored.log and not stored.same_log(older):
            environment = self._ledger.environment
            proof = prove_events(name, stored.records, environment, self._trust)
            self._signatures.append(proof)

    def _unread(self, name: str, problems: list[str]) -> None:
        self._tell(0, name, problems)
        self._prove(Proof(0, name, proven=False, why=problems[-1]))
        self._newer = None

    def _chain(self, release: Release) -> Iterator[str]:
        """A release against the ledger that it lies in, and the one after it."""
        yield from _of_ledger(release, self._ledger)
        newer = self._newer
        if newer is None:
            return
        if newer.number != release.number + 1:
            yield f"release {newer.number} follows it: numbers are missing or repeated"
        if datetime.fromisoformat(newer.made) < datetime.fromisoformat(release.made):
            yield f"release {newer.number} was made before it: a clock was set back"
        if newer.parent != release.commit:
            self._tell(newer.number, newer.commit, [_OTHER_PARENT])

    def _of_log(self, log: bytes) -> Iterator[str]:
        """What is wrong with the events up to a commit, against those of the one after it."""
        if self._log is None:
            self.events = log.count(b"\n")
        elif self._log.startswith(log) and log[-1:] in (b"", b"\n"):
            self._log = log
            return
        else:
            yield "events that stood here are gone or changed in the commit after it"
        self._log = log
        yield from ledger_event.faults(log, self._ledger.environment)

    def _tell(self, release: int, commit: str, problems: Iterable[str]) -> None:
        self.findings += [LedgerFinding(release, commit, problem) for problem in problems]

    def _load(self, name: str) -> StoredCommit | LedgerError:
        if name not in self._loaded:
            try:
                self._loaded[name] = self._loader.load(name)
            except LedgerError as error:
                self._loaded[name] = error
        return self._loaded[name]


def _of_ledger(release: Release, ledger: GitLedger) -> Iterator[str]:
    if release.environment != ledger.environment:
        yield f"it is a release of environment {release.environment!r}"
    if ledger.project and release.project != ledger.project:
        yield f"it is a release of project {release.project!r}"
    if datetime.fromisoformat(release.made) > datetime.now(UTC) + _CLOCKS:
        yield f"it was made at {release.made}, which is yet to come"
