"""Whether others agreed afterwards with what one person let through alone, and in time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from tocsin.plan.afterwards import Emergency, emergencies
from tocsin.site.history.dates import utc
from tocsin.site.history.model import LaterReview
from tocsin.site.history.people import People
from tocsin.site.history.walk import Walk
from tocsin.state.git_ledger import GitLedger
from tocsin.trust.trust_file import Trust

_Standing = Literal["in-time", "late", "open", "overdue"]


def later_reviews(
    ledger: GitLedger, walk: Walk, trust: Trust | None, end: str
) -> dict[int, LaterReview]:
    """By release, those that a policy asked for, as they stood at the end; none without trust."""
    if trust is None:
        return {}
    releases = [read.release for read in walk.releases]
    people, until = People(trust), datetime.fromisoformat(end)
    return {
        each.of.release.number: _told(each, people, until)
        for each in emergencies(ledger, releases, walk.events, trust)
    }


def _told(found: Emergency, people: People, end: datetime) -> LaterReview:
    return LaterReview(
        due=utc(found.due),
        standing=_standing(found, end),
        reviewed=utc(found.reviewed) if found.reviewed else "",
        reviewers=people.each(who for who, _ in found.reviews),
        missing=found.missing,
    )


def _standing(found: Emergency, end: datetime) -> _Standing:
    if not found.reviewed:
        return "overdue" if datetime.fromisoformat(found.due) <= end else "open"
    late = datetime.fromisoformat(found.reviewed) > datetime.fromisoformat(found.due)
    return "late" if late else "in-time"
