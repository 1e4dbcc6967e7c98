"""Were the approvals that a ledger records the ones that the policy asked for?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tocsin.plan.afterwards import Emergency, emergencies, overdue
from tocsin.plan.consent import Circumstances, objections
from tocsin.plan.released import approved, policies, stored_plan
from tocsin.state.consent import Consent
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import Release
from tocsin.state.verify import LedgerFinding
from tocsin.trust.trust_file import Trust

UNMET = "the policy was not met: "
"""How it begins where approvals are missing."""


def without_consent(
    ledger: GitLedger, releases: Sequence[Release], trust: Trust
) -> Iterator[LedgerFinding]:
    """Of these releases, the oldest first, what their policy, or the one before, did not allow.

    And emergencies that nobody reviewed until now, though their time is over.
    """
    alone = emergencies(ledger, releases, ledger.events(), trust)
    before: Release | None = None
    for release in releases:
        for message in _of_one(ledger, (release, before), trust, alone):
            yield LedgerFinding(release.number, release.commit, message)
        before = release
    now = datetime.now(UTC)
    for each in alone:
        if each.overdue(now):
            of = each.of.release
            yield LedgerFinding(of.number, of.commit, f"{UNMET}{each.words}")


def _of_one(
    ledger: GitLedger,
    of: tuple[Release, Release | None],
    trust: Trust,
    alone: Sequence[Emergency],
) -> Iterator[str]:
    release, before = of
    asked = policies(release, before)
    if not asked and release.consent is None:
        return
    plan = stored_plan(ledger, release)
    if plan is None:
        return  # its digest is a finding already
    had = approved(ledger, release, plan, trust)
    yield from had.faults
    consent = release.consent or Consent(applier=(release.who,))
    at = datetime.fromisoformat(consent.at or release.made)
    if at > datetime.fromisoformat(release.made) or (
        before and at < datetime.fromisoformat(before.made)
    ):
        yield f"it was agreed at {consent.at}, which is not between the release before and it"
    told = consent.directions
    late = overdue(alone, at)
    given = Circumstances(had.approvals, consent.authors, consent.applier, at, told, late)
    for policy in asked:
        for missing in objections(policy, plan.asked, trust, given):
            yield f"{UNMET}{missing}"
