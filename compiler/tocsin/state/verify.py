"""Recompute every digest of a ledger: object ids, artifacts, seals, plans, the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from tocsin import gate
from tocsin.canonical import digest, digest_bytes
from tocsin.errors import LedgerError
from tocsin.release.entry import ENTRIES
from tocsin.state.git_ledger import GitLedger, Stored
from tocsin.state.proof import ENVELOPE, Proof, doubts, prove
from tocsin.state.release import Release, decode, sealed
from tocsin.trust.trust_file import Trust

_RECORDS = ("plan.json", "release.json", ENVELOPE)
_CLOCKS = timedelta(minutes=10)
"""By which those of two machines may differ."""


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """Something in the ledger that was changed. `release` is 0 if it is unknown."""

    release: int
    commit: str
    message: str


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was checked, found and proven, newest release first."""

    releases: int
    artifacts: int
    findings: tuple[LedgerFinding, ...]
    proofs: tuple[Proof, ...] = ()

    @property
    def verdict(self) -> Literal["proven", "unproven", "damaged"]:
        """Of all releases. Digests alone prove nothing: who rewrites a branch makes new ones."""
        if self.findings:
            return "damaged"
        proven = self.proofs and all(proof.proven for proof in self.proofs)
        return "proven" if proven else "unproven"


@dataclass(frozen=True, slots=True)
class _Commit:
    """One release as stored. `digests` is the SHA-256 of every file's content, by path."""

    commit: Stored
    records: dict[str, bytes]
    digests: dict[str, str]
    rewritten: tuple[Stored, ...]
    odd: Mapping[str, str]

    @property
    def parents(self) -> list[str]:
        head = self.commit.data.split(b"\n\n", 1)[0].decode("utf-8", "replace")
        return [line.split(" ")[1] for line in head.splitlines() if line.startswith("parent ")]


@dataclass(frozen=True, slots=True)
class _Verified:
    """One commit: the release in it, what is wrong, and what its signature proves."""

    release: Release | None
    findings: tuple[LedgerFinding, ...]
    proof: Proof


def verify(ledger: GitLedger, trust: Trust | None = None) -> LedgerReport:
    """Look at every release. Damage is a finding, never an exception.

    With `trust`, what signatures should prove and do not is one, too.
    """
    try:
        commits = ledger.branch.commits()
    except LedgerError as error:
        lost = LedgerFinding(0, "", f"the branch cannot be read: {error.message}")
        return LedgerReport(0, 0, (lost,))
    looked: list[_Verified] = []
    known: dict[str, str] = {}
    for name in commits:
        newer = looked[-1].release if looked else None
        looked.append(_verify_one(ledger, name, newer, trust, known))
    findings = [finding for each in looked for finding in each.findings]
    findings += _cut_off(looked)
    if trust:
        doubted = doubts([each.proof for each in looked])
        findings += [LedgerFinding(proof.release, proof.commit, why) for proof, why in doubted]
    artifacts = sum(len(each.release.entries) for each in looked if each.release)
    return LedgerReport(len(commits), artifacts, tuple(findings), _proofs(looked, findings))


def _cut_off(looked: list[_Verified]) -> Iterator[LedgerFinding]:
    """Whether the branch begins later than with release 1."""
    first = looked[-1].release if looked else None
    if first is not None and first.number != 1:
        yield LedgerFinding(
            first.number, first.commit, "release 1 is missing: the chain is cut off"
        )


def _proofs(looked: list[_Verified], findings: list[LedgerFinding]) -> tuple[Proof, ...]:
    """Those of commits that something was found in prove nothing."""
    wrong = {finding.commit: finding.message for finding in reversed(findings)}
    return tuple(
        replace(each.proof, proven=False, by="", why=wrong[each.proof.commit])
        if each.proof.commit in wrong
        else each.proof
        for each in looked
    )


def _verify_one(
    ledger: GitLedger,
    name: str,
    newer: Release | None,
    trust: Trust | None,
    known: dict[str, str],
) -> _Verified:
    """The release of one commit, what is wrong with it, and what is proven of it."""
    try:
        stored = _load(ledger, name, known)
    except LedgerError as error:
        return _unread(name, [error.message])
    problems = [f"git object {s.id[:12]} ({s.kind}) was rewritten" for s in stored.rewritten]
    problems += [f"{path} is {what}, not a plain file" for path, what in stored.odd.items()]
    try:
        release = decode(stored.records["release.json"], name)
    except KeyError:
        return _unread(name, [*problems, "release.json is missing"])
    except LedgerError as error:
        return _unread(name, [*problems, error.message])
    problems += [*_record(release, stored), *_artifacts(release, stored)]
    problems += [*_chain(release, newer, ledger)]
    findings = tuple(LedgerFinding(release.number, name, problem) for problem in problems)
    return _Verified(release, findings, prove(release, stored.records, trust))


def _unread(name: str, problems: list[str]) -> _Verified:
    findings = tuple(LedgerFinding(0, name, problem) for problem in problems)
    return _Verified(None, findings, Proof(0, name, proven=False, why=problems[-1]))


def _load(ledger: GitLedger, name: str, known: dict[str, str]) -> _Commit:
    """A commit with all it holds; `known` (digest by object id) spares a second look.

    Raises LedgerError if an object is gone or unreadable.
    """
    tree = ledger.repository.tree(name)
    records = {path: tree.files[path] for path in _RECORDS if path in tree.files}
    fresh = {n for n in (*tree.folders, *tree.files.values()) if n not in known}
    wanted = [name, *records.values(), *sorted(fresh - set(records.values()))]
    found = dict(zip(wanted, ledger.repository.read(wanted), strict=True))
    if lost := [n for n, stored in found.items() if stored is None]:
        raise LedgerError(f"git object {lost[0]} is missing or unreadable")
    objects = {n: stored for n, stored in found.items() if stored}
    rewritten = tuple(s for n, s in objects.items() if n not in known and _object_id(s) != n)
    known |= {n: digest_bytes(s.data) for n, s in objects.items()}
    return _Commit(
        objects[name],
        {path: objects[n].data for path, n in records.items()},
        {path: known[n] for path, n in tree.files.items()},
        rewritten,
        tree.odd,
    )


def _object_id(stored: Stored) -> str:
    data = f"{stored.kind} {len(stored.data)}\0".encode() + stored.data
    # The object format of the repository decides; its ids have 40 or 64 hex digits.
    if len(stored.id) == hashlib.sha256().digest_size * 2:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _record(release: Release, stored: _Commit) -> Iterator[str]:
    """`release.json` against its seal, the plan and the commit it lies in."""
    if not sealed(stored.records["release.json"]):
        yield "release.json was edited: its seal is wrong"
    if stored.parents != ([release.parent] if release.parent else []):
        yield "the commit's parent is not the release that release.json names"
    if "plan.json" not in stored.records:
        yield "plan.json is missing"
        return
    try:
        plan = gate.loads(stored.records["plan.json"])
        after, base, number = plan["result"], plan["base"], plan["base_number"]
    except (ValueError, KeyError, TypeError):
        yield "plan.json cannot be read"
        return
    if digest(plan) != release.plan:
        yield "plan.json is not the plan that was released: its digest differs"
    if after != ENTRIES.dump_python(release.entries, mode="json"):
        yield "release.json does not list what the plan deployed"
    if base != release.parent or number != release.number - 1:
        yield "the plan was made for another base release"


def _artifacts(release: Release, stored: _Commit) -> Iterator[str]:
    wanted = {f"artifacts/{entry.path}": entry for entry in release.entries}
    for path, entry in wanted.items():
        found = stored.digests.get(path)
        if found is None:
            yield f"{path} is missing"
        elif found != entry.artifact:
            yield f"{path} is not the artifact that was released"
    for path in sorted(stored.digests.keys() - wanted.keys() - set(_RECORDS)):
        yield f"{path} belongs to no detection of the release"


def _chain(release: Release, newer: Release | None, ledger: GitLedger) -> Iterator[str]:
    """A release against the ledger that it lies in, and the one after it."""
    if release.environment != ledger.environment:
        yield f"it is a release of environment {release.environment!r}"
    if ledger.project and release.project != ledger.project:
        yield f"it is a release of project {release.project!r}"
    if datetime.fromisoformat(release.made) > datetime.now(UTC) + _CLOCKS:
        yield f"it was made at {release.made}, which is yet to come"
    if newer is None:
        return
    if newer.number != release.number + 1:
        yield f"release {newer.number} follows it: numbers are missing or repeated"
    if datetime.fromisoformat(newer.made) < datetime.fromisoformat(release.made):
        yield f"release {newer.number} was made before it: a clock was set back"
