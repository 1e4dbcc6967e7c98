"""What speaks for the record itself."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.plural import plural
from tocsin.site.history.model import LedgerEvidence, ReleaseHistory, SignatureState
from tocsin.site.history.walk import Walk
from tocsin.state.ledger_event import Verified
from tocsin.state.verify import LedgerFinding


def evidence(
    walk: Walk, releases: Sequence[ReleaseHistory], findings: Sequence[LedgerFinding] | None
) -> LedgerEvidence:
    """Of all that was read."""
    told = None if findings is None else tuple(finding.message for finding in findings)
    verified = [event for event in walk.events if isinstance(event, Verified)]
    return LedgerEvidence(
        head=walk.commits[-1],
        commits=len(walk.commits),
        findings=told,
        standing=_standing(releases, told or ()),
        verified=verified[-1] if verified else None,
    )


def _standing(releases: Sequence[ReleaseHistory], findings: Sequence[str]) -> SignatureState:
    """Of all releases together."""
    if findings:
        return SignatureState("invalid", f"{plural(len(findings), 'finding')}: {findings[0]}")
    by_verdict = {each.signature.verdict: each for each in releases}
    if wrong := by_verdict.get("invalid"):
        return SignatureState("invalid", f"release {wrong.number}: {wrong.signature.words}")
    signers = dict.fromkeys(r.signature.words for r in releases if r.signature.verdict == "valid")
    by = f"proven by {', '.join(signers)}"
    if last := by_verdict.get("unproven"):
        proven = f"; from release {last.number + 1} on {by}" if signers else ""
        words = f"up to release {last.number} unproven: {last.signature.words}{proven}"
        return SignatureState("unproven", words)
    return SignatureState("valid", by)
