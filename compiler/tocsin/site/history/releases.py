"""What is told of each release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from tocsin import gate
from tocsin.errors import LedgerError
from tocsin.parse_errors import first_line
from tocsin.site.history.approvals import approvals
from tocsin.site.history.model import (
    CaseRun,
    EntryChange,
    LaterReview,
    ReleaseHistory,
    SignatureState,
)
from tocsin.site.history.people import People
from tocsin.site.history.walk import ReleaseRead, Walk
from tocsin.state import case_proof
from tocsin.state.case_proof import PROOFS
from tocsin.state.ledger_event import DriftMended, EmergencyDeclared, ForcedPromotion
from tocsin.trust.trust_file import Trust

_FORM_WITH_FACTS = 2


@dataclass(frozen=True, slots=True)
class VerifyLook:
    """What is known beside the walk: by release number, changes, cases, how many were muted.

    `objections`: in what releases did not meet their policies; None if nobody looked. `later`: how
    emergencies were reviewed afterwards.
    """

    people: People
    trust: Trust | None
    changes: Mapping[int, Sequence[EntryChange]]
    runs: Mapping[int, Sequence[CaseRun]]
    muted: Mapping[int, int]
    objections: Mapping[int, Sequence[str]] | None
    later: Mapping[int, LaterReview]


def releases(walk: Walk, looked: VerifyLook) -> tuple[ReleaseHistory, ...]:
    """All of them, oldest first."""
    signatures = _signatures(walk.releases, given=looked.trust is not None)
    return tuple(
        _release(walk, read, signature, looked)
        for read, signature in zip(walk.releases, signatures, strict=True)
    )


def _release(
    walk: Walk, read: ReleaseRead, signature: SignatureState, looked: VerifyLook
) -> ReleaseHistory:
    release, people = read.release, looked.people
    consent, number = release.consent, release.number
    full = release.form >= _FORM_WITH_FACTS
    told = looked.objections
    reviewers = consent.reviewers if consent else () if full else None
    return ReleaseHistory(
        number=number,
        commit=release.commit,
        digest=read.digest,
        made=read.made,
        who=release.who,
        reason=release.reason,
        form=release.form,
        parent=release.parent,
        source=release.source,
        plan=release.plan,
        content=release.content,
        consent=consent,
        approvals=tuple(approvals(read, walk.blobs, looked.trust)),
        claimed=release.approvals,
        wrote=people.each(consent.authors) if consent else None,
        reviewed=None if reviewers is None else people.each(reviewers),
        applied=people.applier(release),
        changes=tuple(looked.changes.get(number, ())),
        live=read.live,
        shadow=read.shadow,
        muted=looked.muted.get(number, 0),
        cases=len(looked.runs.get(number, ())) if full else None,
        facts=release.facts if full else None,
        tools=release.tools,
        signature=signature,
        objections=None if told is None else tuple(told.get(number, ())),
        later=looked.later.get(number),
        events=tuple(_brought(walk, number)),
    )


def _brought(walk: Walk, number: int) -> Iterator[int]:
    for event in walk.events:
        if (
            isinstance(event, DriftMended | ForcedPromotion | EmergencyDeclared)
            and event.release == number
        ):
            yield event.n


def _signatures(read: Sequence[ReleaseRead], *, given: bool) -> Iterator[SignatureState]:
    """Each as `verify` sees it: none may be missing once there was one."""
    signed = False
    for proof in (each.proof for each in read):
        late, signed = signed and not proof.signed, signed or proof.signed
        if proof.proven:
            yield SignatureState("valid", proof.by)
        elif late:
            why = "it has no signature, though a release before it has one"
            yield SignatureState("invalid", why)
        elif proof.signed and given:
            yield SignatureState("invalid", proof.why)
        else:
            none = "it has no signature"
            yield SignatureState("unproven", proof.why if proof.signed else none)


def case_runs(walk: Walk) -> Iterator[CaseRun]:
    """How cases ended before each release. Raises LedgerError for records that cannot be read."""
    names = [walk.blobs.at(case_proof.FILE, read.place) for read in walk.releases]
    found = walk.blobs.read(names)
    for read, name in zip(walk.releases, names, strict=True):
        try:
            proofs = PROOFS.validate_python(gate.loads(found[name])) if name else ()
        except (ValueError, ValidationError) as bad:
            where = f"the cases of release {read.release.number} cannot be read"
            hint = "`tocsin verify` lists what is damaged"
            raise LedgerError(f"{where}: {first_line(bad)}", hint=hint) from bad
        for proof in proofs:
            yield CaseRun(read.release.number, read.made, proof)
