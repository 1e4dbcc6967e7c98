"""What a ledger holds of the plan of a release, and of the approvals that it had."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.consent import ApprovablePlan, mismatch
from tocsin.plan.steps import PLAN, Plan
from tocsin.plan.stored_plan import StoredPlan
from tocsin.state.consent import Consent
from tocsin.state.enclosed import PLAN as FILE
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import Release
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.trust_file import Trust, UntrustedError


@dataclass(frozen=True, slots=True)
class Approved:
    """The approvals that count, and why others do not."""

    approvals: tuple[Approval, ...]
    faults: tuple[str, ...]


def plan_of(ledger: GitLedger, release: Release) -> Plan | None:
    """The plan that became the release; None where it cannot be read."""
    data = _plan(ledger, release)
    try:
        return PLAN.validate_python(gate.loads(data)) if data else None
    except (ValueError, ValidationError):
        return None


def stored_plan(ledger: GitLedger, release: Release) -> StoredPlan | None:
    """The same as far as approvals and policies ask."""
    data = _plan(ledger, release)
    try:
        return StoredPlan(data) if data else None
    except (ValueError, TypeError, ValidationError):
        return None


def approved(ledger: GitLedger, release: Release, plan: ApprovablePlan, trust: Trust) -> Approved:
    """What was agreed before it was released. A file that is not the recorded one is left out."""
    consent = release.consent or Consent()
    paths = consent.approval_paths
    stored = ledger.repository.read([f"{release.commit}:{path}" for path in paths])
    found: list[Approval] = []
    faults: list[str] = []
    for path, expected, each in zip(paths, consent.approvals, stored, strict=True):
        if each is None or digest_bytes(each.data) != expected:
            continue  # its digest is a finding already
        read = _read(each.data, path, (consent, plan, trust))
        (faults if isinstance(read, str) else found).append(read)  # type: ignore[arg-type] # either
    return Approved(tuple(found), tuple(faults))


def policies(release: Release, before: Release | None) -> list[EnvironmentPolicy]:
    """The policy that it was to meet, and the one of the release before."""
    each = [one.consent.policy for one in (release, before) if one and one.consent]
    return [policy for policy in each if policy]


def _plan(ledger: GitLedger, release: Release) -> bytes:
    [stored] = ledger.repository.read([f"{release.commit}:{FILE}"])
    return stored.data if stored else b""


def _read(data: bytes, path: str, of: tuple[Consent, ApprovablePlan, Trust]) -> Approval | str:
    consent, plan, trust = of
    try:
        approval = read_approval(data, trust)
    except UntrustedError as error:
        return f"{path} does not count: {error.message}"
    if why := mismatch(approval, plan):
        return f"{path} does not count: {why}"
    if approval.reviewer not in consent.reviewers:
        return f"{path} is that of {approval.reviewer}, whom release.json does not name"
    return approval
