"""What speaks for the record itself."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.plural import plural
from tocsin.site.history.model import LedgerEvidence, ReleaseHistory, SignatureState
from tocsin.site.history.walk import Walk
from tocsin.state import ledger_event
from tocsin.state.git_ledger import GitLedger
from tocsin.state.ledger_event import Verified
from tocsin.state.proof import Proof, prove_events
from tocsin.state.verify import LedgerFinding
from tocsin.trust.trust_file import Trust


def events_proof(ledger: GitLedger, walk: Walk, trust: Trust | None) -> Proof | None:
    """What the signature of the events proves; None where there are none, or no trust file."""
    if trust is None or not walk.events:
        return None
    names = (ledger_event.FILE, ledger_event.ENVELOPE)
    head = walk.commits[-1]
    stored = ledger.repository.read([f"{head}:{name}" for name in names])
    records = {name: each.data for name, each in zip(names, stored, strict=True) if each}
    return prove_events(head, records, ledger.environment, trust)


def evidence(
    walk: Walk,
    releases: Sequence[ReleaseHistory],
    findings: Sequence[LedgerFinding] | None,
    events: Proof | None,
) -> LedgerEvidence:
    """Of all that was read."""
    told = None if findings is None else tuple(finding.message for finding in findings)
    verified = [event for event in walk.events if isinstance(event, Verified)]
    return LedgerEvidence(
        head=walk.commits[-1],
        commits=len(walk.commits),
        findings=told,
        standing=_standing(releases, told or (), events),
        verified=verified[-1] if verified else None,
    )


def _standing(
    releases: Sequence[ReleaseHistory], findings: Sequence[str], events: Proof | None
) -> SignatureState:
    """Of all releases together, and of the events."""
    if findings:
        return SignatureState("invalid", f"{plural(len(findings), 'finding')}: {findings[0]}")
    by_verdict = {each.signature.verdict: each for each in releases}
    if wrong := by_verdict.get("invalid"):
        return SignatureState("invalid", f"release {wrong.number}: {wrong.signature.words}")
    signers = dict.fromkeys(r.signature.words for r in releases if r.signature.verdict == "valid")
    if events and not events.proven and (events.signed or signers):
        return SignatureState("invalid", f"the events: {events.why}")
    by = f"proven by {', '.join(signers)}"
    if last := by_verdict.get("unproven"):
        proven = f"; from release {last.number + 1} on {by}" if signers else ""
        words = f"up to release {last.number} unproven: {last.signature.words}{proven}"
        return SignatureState("unproven", words)
    return SignatureState("valid", by)
