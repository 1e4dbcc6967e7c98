"""The releases of an environment, as its ledger has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tocsin.app.environment import OpenEnvironment
from tocsin.plan.rollback import find
from tocsin.release.entry import Action, Entry
from tocsin.state.ledger_event import AnyEvent, Attempt, ForcedPromotion, as_json
from tocsin.state.release import Release


def releases(opened: OpenEnvironment) -> list[dict[str, Any]]:
    """All releases, newest first, and what each did."""
    return [_release(release) for release in opened.ledger.releases()]


def releases_of(opened: OpenEnvironment, rule: str) -> list[dict[str, Any]]:
    """The releases that changed a detection, newest first, and how."""
    every = opened.ledger.releases()
    detection = find(rule, every)
    return [_touch(release, entry) for release, entry in _touches(detection.id, every)]


def with_events(
    opened: OpenEnvironment, rows: list[dict[str, Any]], rule: str | None
) -> list[dict[str, Any]]:
    """Releases with the events between them, newest first; what one brought stands above it.

    With `rule`: the events that are about this detection alone.
    """
    events: Sequence[AnyEvent] = opened.ledger.events()
    if rule:
        detection = find(rule, opened.ledger.releases())
        events = [event for event in events if _named(event) in {detection.key, detection.id, rule}]
    told = [{"made": event.at, "event": as_json(event)} for event in events]
    return sorted([*told[::-1], *rows], key=_made, reverse=True)


def _named(event: AnyEvent) -> str:
    return event.detection if isinstance(event, Attempt | ForcedPromotion) else ""


def _made(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["made"])


def _touches(detection: str, releases: list[Release]) -> Iterator[tuple[Release, Entry]]:
    for release in releases:
        for entry in (*release.entries, *release.removed):
            gone = entry in release.removed
            if entry.id == detection and (gone or entry.action is not Action.UNCHANGED):
                yield release, entry


def _facts(release: Release) -> dict[str, Any]:
    return {
        "release": release.number,
        "made": release.made,
        "who": release.who,
        "reason": release.reason,
        "source": str(release.source),
        "commit": release.commit,
        "approvals": list(release.approvals),
        "reviewers": list(release.consent.reviewers) if release.consent else [],
        "emergency": release.consent.emergency if release.consent else "",
    }


def _release(release: Release) -> dict[str, Any]:
    return {**_facts(release), "did": {str(a): n for a, n in release.counts.items()}}


def _touch(release: Release, entry: Entry) -> dict[str, Any]:
    gone = entry in release.removed
    return {
        **_facts(release),
        "key": entry.key,
        "id": entry.id,
        "version": entry.version,
        "action": str(Action.REMOVED if gone else entry.action),
        "mode": entry.mode,
        "logic": entry.logic,
        "artifact": entry.artifact,
    }
