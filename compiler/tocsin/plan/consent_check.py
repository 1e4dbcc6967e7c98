"""Were the approvals that a ledger records the ones that the policy asked for?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import ValidationError

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.consent import Circumstances, mismatch, objections
from tocsin.plan.steps import PLAN, Plan
from tocsin.state.consent import approval_path
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import Release
from tocsin.state.verify import LedgerFinding
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.trust_file import Trust, UntrustedError

UNMET = "the policy was not met: "
"""How it begins where approvals are missing."""


def without_consent(ledger: GitLedger, trust: Trust) -> Iterator[LedgerFinding]:
    """What was released otherwise than its policy, and that of the release before, allowed."""
    before: EnvironmentPolicy | None = None
    for release in reversed(ledger.releases()):
        policy = release.consent.policy if release.consent else None
        for message in _of_one(ledger, release, before, trust):
            yield LedgerFinding(release.number, release.commit, message)
        before = policy


def _of_one(
    ledger: GitLedger, release: Release, before: EnvironmentPolicy | None, trust: Trust
) -> Iterator[str]:
    consent = release.consent
    policies = [each for each in (consent.policy if consent else None, before) if each]
    if not policies and consent is None:
        return
    plan = _plan(ledger, release)
    if plan is None:
        return  # its digest is a finding already
    found: list[Approval] = []
    for number, expected in enumerate(consent.approvals if consent else (), 1):
        path = approval_path(number)
        [stored] = ledger.repository.read([f"{release.commit}:{path}"])
        if stored is None or digest_bytes(stored.data) != expected:
            continue  # as above
        try:
            approval = read_approval(stored.data, trust)
        except UntrustedError as error:
            yield f"{path} does not count: {error.message}"
            continue
        if why := mismatch(approval, plan):
            yield f"{path} does not count: {why}"
        elif consent and approval.reviewer not in consent.reviewers:
            yield f"{path} is that of {approval.reviewer}, whom release.json does not name"
        else:
            found.append(approval)
    authors, applier = (consent.authors, consent.applier) if consent else ((), (release.who,))
    directions = consent.directions if consent else {}
    made = datetime.fromisoformat(release.made)
    given = Circumstances(found, authors, applier, made, directions)
    for policy in policies:
        for missing in objections(policy, plan, trust, given):
            yield f"{UNMET}{missing}"


def _plan(ledger: GitLedger, release: Release) -> Plan | None:
    [stored] = ledger.repository.read([f"{release.commit}:plan.json"])
    try:
        return PLAN.validate_python(gate.loads(stored.data)) if stored else None
    except (ValueError, ValidationError):
        return None
