"""What is told of releases, of their changes and of what else happened, as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tocsin.site.history.model import (
    DriftHistory,
    EntryChange,
    History,
    PersonHistory,
    ReleaseHistory,
    SignedApproval,
)
from tocsin.state import ledger_event
from tocsin.state.ledger_event import AnyEvent


def release(found: ReleaseHistory) -> dict[str, Any]:
    """A release; `seconds`, `checks` and `run` are None in form 1, which records none."""
    facts = found.facts
    return {
        "number": found.number,
        "made": found.made,
        "commit": found.commit,
        "digest": found.digest,
        "form": found.form,
        "parent": found.parent,
        "source": {"commit": found.source.commit, "dirty": found.source.dirty},
        "plan": found.plan,
        "content": found.content or None,
        "who": found.who,
        "reason": found.reason,
        "wrote": found.wrote,
        "reviewed": found.reviewed,
        "applied": found.applied,
        "claimed": found.claimed,
        "emergency": found.consent.emergency if found.consent else None,
        "later_review": asdict(found.later) if found.later else None,
        "approvals": [approval(each) for each in found.approvals],
        "objections": found.objections,
        "signature": asdict(found.signature),
        "live": found.live,
        "shadow": found.shadow,
        "muted": found.muted,
        "cases": found.cases,
        "seconds": dict(facts.seconds) if facts else None,
        "checks": dict(facts.checks) if facts else None,
        "run": facts.run if facts else None,
        "tools": dict(found.tools),
        "events": found.events,
        "changes": [change(each) for each in found.changes],
    }


def approval(found: SignedApproval) -> dict[str, Any]:
    """A signed approval, as the release stores it."""
    return asdict(found)


def change(found: EntryChange) -> dict[str, Any]:
    """What a release did to a detection."""
    return {
        "detection": found.entry.id,
        "key": found.entry.key,
        "title": found.entry.title,
        "action": str(found.action),
        "version": found.entry.version,
        "mode": found.entry.mode,
        "logic": found.entry.logic,
        "artifact": found.entry.artifact,
        "direction": found.direction,
        "weakens": found.weakens,
        "attributes": [asdict(each) for each in found.attributes],
    }


def event(found: AnyEvent) -> dict[str, Any]:
    """An event of the ledger, as it is recorded."""
    return ledger_event.as_json(found)


def drift(found: DriftHistory) -> dict[str, Any]:
    """Drift, and what mended it: `mended` and `by` are None while it is not."""
    return {**asdict(found), "mended": found.mended or None, "by": found.by or None}


def person(found: PersonHistory) -> dict[str, Any]:
    """A person, with numbers of releases."""
    return asdict(found)


def evidence(history: History) -> dict[str, Any]:
    """What speaks for the record itself."""
    found = history.evidence
    return {
        "head": found.head,
        "commits": found.commits,
        "findings": found.findings,
        "standing": asdict(found.standing),
        "verified": event(found.verified) if found.verified else None,
    }


def in_period(history: History) -> Iterator[ReleaseHistory]:
    """The releases of the period, oldest first."""
    return (each for each in history.releases if history.period.holds(each.made))
