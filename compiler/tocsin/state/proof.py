"""What a signature proves of a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import ENVELOPE, Release
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, UntrustedError, Use

KIND = "application/vnd.tocsin.release+json"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a release is what somebody signed whose key counts: `by` whom, else `why` not."""

    release: int
    commit: str
    proven: bool
    by: str = ""
    why: str = ""
    signed: bool = False


def sign_release(data: bytes, key: SigningKey) -> bytes:
    """What lies beside `release.json` with these bytes."""
    return Envelope(KIND, data).by(key).encode(detached=True)


def prove(release: Release, records: Mapping[str, bytes], trust: Trust | None) -> Proof:
    """The proof of a release whose `release.json` is among the records."""
    signed = ENVELOPE in records

    def unproven(why: str) -> Proof:
        return Proof(release.number, release.commit, proven=False, why=why, signed=signed)

    if trust is None:
        return unproven("no trust file was given")
    if not signed:
        return unproven("it has no signature")
    use = Use("release", release.environment, datetime.fromisoformat(release.made))
    try:
        envelope = Envelope.decode(records[ENVELOPE], records["release.json"])
        key = trust.signer(envelope, KIND, use)
    except UntrustedError as error:
        return unproven(error.message)
    except ValueError as error:
        return unproven(f"its signature cannot be read: {error}")
    return Proof(release.number, release.commit, proven=True, by=key.name, signed=True)


def undone(ledger: GitLedger, trust: Trust) -> str:
    """Why nothing is to be built on the last release, empty if its signature counts.

    As long as no release has one, none is asked for.
    """
    last = ledger.last()
    if last is None:
        return ""
    commits = [release.commit for release in ledger.releases()]
    signed = ledger.repository.read([f"{commit}:{ENVELOPE}" for commit in commits])
    if not any(signed):
        return ""
    [data] = ledger.repository.read([f"{last.commit}:release.json"])
    records = {"release.json": data.data if data else b""}
    records |= {ENVELOPE: signed[0].data} if signed[0] else {}
    return prove(last, records, trust).why


def doubts(proofs: Sequence[Proof]) -> Iterator[tuple[Proof, str]]:
    """What signatures, newest first, do not prove though they should.

    Releases that are older than the first signature need none: each signature names, with the
    parent's commit, all that came before it.
    """
    for at, proof in enumerate(proofs):
        if proof.signed and not proof.proven:
            yield proof, proof.why
        elif not proof.signed and any(each.signed for each in proofs[at + 1 :]):
            yield proof, "it has no signature, though a release before it has one"
        elif not proof.signed and at == 0:
            yield proof, "the last release has no signature"
