"""Emergencies: what one person let through alone, and whether others reviewed it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.consent import Circumstances, mismatch, owed
from tocsin.plan.released import approved, policies, stored_plan
from tocsin.plan.stored_plan import StoredPlan
from tocsin.state.git_ledger import GitLedger
from tocsin.state.ledger_event import AnyEvent, EmergencyDeclared, EmergencyReviewed
from tocsin.state.release import Release
from tocsin.trust.approval import Approval, read_approval
from tocsin.trust.trust_file import Trust, UntrustedError


@dataclass(frozen=True, slots=True)
class Alone:
    """A release that was let through alone, its plan, and what was known when it was decided."""

    release: Release
    plan: StoredPlan
    asked: Sequence[EnvironmentPolicy]
    given: Circumstances

    @property
    def by(self) -> str:
        """Whose word it was."""
        names = [each.reviewer for each in self.given.approvals if each.emergency]
        return ", ".join(dict.fromkeys(names)) or "nobody whose signature counts"

    @property
    def reason(self) -> str:
        """Why, as the release records it."""
        return self.release.consent.emergency if self.release.consent else ""

    @property
    def due(self) -> str:
        """By when others must have reviewed it."""
        hours = min(policy.review_hours for policy in self.asked)
        return (self.given.at + timedelta(hours=hours)).isoformat()

    def missing(self, trust: Trust, more: Sequence[Approval] = ()) -> str:
        """What others still owe it, if these agreed besides."""
        known = replace(self.given, approvals=(*self.given.approvals, *more))
        every = [
            each for policy in self.asked for each in owed(policy, self.plan.asked, trust, known)
        ]
        return "; ".join(dict.fromkeys(every))


@dataclass(frozen=True, slots=True)
class Emergency:
    """What was let through alone, and by when others must review it.

    `reviews`: who agreed afterwards, and when that was recorded. `missing`: what is still asked
    for; if nothing is, it was `reviewed` at that time.
    """

    of: Alone
    due: str
    missing: str
    reviewed: str
    reviews: tuple[tuple[str, str], ...] = ()

    def overdue(self, at: datetime) -> bool:
        """Whether it had to be reviewed before this time, and was not."""
        done = self.reviewed and datetime.fromisoformat(self.reviewed) <= at
        return not done and datetime.fromisoformat(self.due) <= at

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "release": self.of.release.number,
            "by": self.of.by,
            "reason": self.of.reason,
            "due": self.due,
            "missing": self.missing,
            "reviewed": self.reviewed or None,
            "reviews": [{"reviewer": who, "at": at} for who, at in self.reviews],
        }

    @property
    def words(self) -> str:
        """What it waits for."""
        told = f"release {self.of.release.number}, let through alone by {self.of.by}"
        return f"{told} ({self.of.reason}), is to be reviewed by {self.due}: {self.missing}"


def emergencies(
    ledger: GitLedger, releases: Sequence[Release], events: Iterable[AnyEvent], trust: Trust
) -> list[Emergency]:
    """All among these releases, oldest first, that a policy wants reviewed afterwards."""
    found = let_through(ledger, releases, trust)
    reviews = [event for event in events if isinstance(event, EmergencyReviewed)]
    return [_judged(each, reviews, trust) for each in found]


def recorded_emergencies(ledger: GitLedger, trust: Trust) -> list[Emergency]:
    """The same of those that an event names: no other release is read, however many there are."""
    events = ledger.events()
    named = [event.release for event in events if isinstance(event, EmergencyDeclared)]
    releases = ledger.numbered([number for each in named for number in (each - 1, each)])
    return emergencies(ledger, releases, events, trust)


def overdue(every: Iterable[Emergency], at: datetime) -> list[str]:
    """Those that should have been reviewed by then, in words."""
    return [each.words for each in every if each.overdue(at)]


def let_through(ledger: GitLedger, releases: Sequence[Release], trust: Trust) -> list[Alone]:
    """Those of the releases that were let through alone; the one before each stands before it."""
    pairs = zip([None, *releases], releases, strict=False)
    told = (_alone(ledger, release, before, trust) for before, release in pairs)
    return [each for each in told if each]


def _alone(
    ledger: GitLedger, release: Release, before: Release | None, trust: Trust
) -> Alone | None:
    consent = release.consent
    if consent is None or not consent.emergency:
        return None
    asked = [policy for policy in policies(release, before) if policy.review_hours]
    plan = stored_plan(ledger, release) if asked else None
    if plan is None:
        return None
    had = approved(ledger, release, plan, trust).approvals
    at = datetime.fromisoformat(release.made)
    given = Circumstances(had, consent.authors, consent.applier, at, consent.directions)
    alone = Alone(release, plan, asked, given)
    return alone if alone.missing(trust) else None


def _judged(alone: Alone, reviews: Iterable[EmergencyReviewed], trust: Trust) -> Emergency:
    counted: list[Approval] = []
    told: list[tuple[str, str]] = []
    reviewed = ""
    for approval, at in _counting(alone, reviews, trust):
        counted.append(approval)
        told.append((approval.reviewer, at))
        if not reviewed and not alone.missing(trust, counted):
            reviewed = at
    return Emergency(alone, alone.due, alone.missing(trust, counted), reviewed, tuple(told))


def _counting(
    alone: Alone, reviews: Iterable[EmergencyReviewed], trust: Trust
) -> Iterator[tuple[Approval, str]]:
    for event in reviews:
        if event.release == alone.release.number:
            try:
                approval = read_approval(event.approval.encode(), trust)
            except UntrustedError:
                continue
            if not approval.emergency and not mismatch(approval, alone.plan):
                # Nothing is recorded before it was signed, whatever the recorder's clock says.
                yield approval, max(event.at, approval.at, key=datetime.fromisoformat)
