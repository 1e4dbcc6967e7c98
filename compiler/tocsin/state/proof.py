"""What a signature proves of a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.errors import LedgerError
from tocsin.state import ledger_event
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import ENVELOPE, KIND, Release
from tocsin.trust.dsse import Envelope
from tocsin.trust.trust_file import Trust, UntrustedError, Use


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a release is what somebody signed whose key counts: `by` whom, else `why` not.

    With `events`, it is the same for the events up to a commit.
    """

    release: int
    commit: str
    proven: bool
    by: str = ""
    why: str = ""
    signed: bool = False
    events: bool = False


def prove(release: Release, records: Mapping[str, bytes], trust: Trust | None) -> Proof:
    """The proof of a release whose `release.json` is among the records."""
    unproven = Proof(release.number, release.commit, proven=False, signed=ENVELOPE in records)
    if trust is None:
        return replace(unproven, why="no trust file was given")
    use = Use("release", release.environment, datetime.fromisoformat(release.made))
    return _proven(unproven, records.get(ENVELOPE), (records["release.json"], KIND), trust, use)


def prove_events(
    commit: str, records: Mapping[str, bytes], environment: str, trust: Trust
) -> Proof:
    """The proof of the events up to a commit, which are among its records."""
    name = ledger_event.ENVELOPE
    unproven = Proof(0, commit, proven=False, signed=name in records, events=True)
    log = records[ledger_event.FILE]
    try:
        at = datetime.fromisoformat(ledger_event.read(log)[-1].at)
    except (LedgerError, IndexError):
        return replace(unproven, why="its last event cannot be read")
    what = log, ledger_event.SIGNED_KIND
    return _proven(unproven, records.get(name), what, trust, Use("release", environment, at))


def _proven(
    unproven: Proof, data: bytes | None, of: tuple[bytes, str], trust: Trust, use: Use
) -> Proof:
    payload, kind = of
    if data is None:
        return replace(unproven, why="it has no signature")
    try:
        key = trust.signer(Envelope.decode(data, payload), kind, use)
    except UntrustedError as error:
        return replace(unproven, why=error.message)
    except ValueError as error:
        return replace(unproven, why=f"its signature cannot be read: {error}")
    return replace(unproven, proven=True, by=key.name)


def undone(ledger: GitLedger, trust: Trust, *, asked: bool) -> str:
    """Why nothing is to be built on the last release, empty if its signature counts.

    `asked`: whether one is asked for where no release has any: whoever makes the whole branch anew
    leaves none.
    """
    last = ledger.last()
    if last is None:
        return ""
    commits = ledger.branch.releases(ledger.branch.head())
    signed = ledger.repository.read([f"{commit}:{ENVELOPE}" for commit in commits])
    if not (asked or any(signed)):
        return ""
    [data] = ledger.repository.read([f"{last.commit}:release.json"])
    records = {"release.json": data.data if data else b""}
    records |= {ENVELOPE: signed[0].data} if signed[0] else {}
    return prove(last, records, trust).why


def doubts(proofs: Sequence[Proof]) -> Iterator[tuple[Proof, str]]:
    """What signatures, newest first, do not prove though they should.

    What is older than the first signature needs none: each signature of a release names, with the
    parent's commit, all that came before it.
    """
    above = True
    for at, proof in enumerate(proofs):
        if proof.signed and not proof.proven:
            yield proof, proof.why
        elif not proof.signed and any(each.signed for each in proofs[at + 1 :]):
            what = "its events have" if proof.events else "it has"
            yield proof, f"{what} no signature, though a release before it has one"
        elif not proof.signed and above and not proof.events:
            yield proof, "the last release has no signature"
        above = above and proof.events
