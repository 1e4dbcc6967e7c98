"""The releases of an environment, as its ledger has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from tocsin.app.environment import OpenEnvironment
from tocsin.errors import ConfigError
from tocsin.plan.rollback import find, number_of
from tocsin.release.entry import Action, Entry
from tocsin.state.ledger_event import AnyEvent, Attempt, ForcedPromotion, MuteExpired, as_json
from tocsin.state.release import Release


def releases(opened: OpenEnvironment) -> list[dict[str, Any]]:
    """All releases, newest first, and what each did."""
    return [_release(release) for release in opened.ledger.releases()]


def releases_of(opened: OpenEnvironment, rule: str) -> list[dict[str, Any]]:
    """The releases that changed a detection, newest first, and how."""
    every = opened.ledger.releases()
    detection = find(rule, every)
    return [_touch(release, entry) for release, entry in _touches(detection.id, every)]


def text_of(opened: OpenEnvironment, rule: str, release: str) -> dict[str, str]:
    """The files of a detection as a release has it, by path: its rule, and cases beside it.

    Raises ConfigError where the release has no such detection, or no files of it.
    """
    every = {each.number: each for each in opened.ledger.releases()}
    number = number_of(release, "r")
    if number not in every:
        raise ConfigError(f"{opened.name} has no release {number}")
    entry = find(rule, [every[number]])
    holder = every.get(every[number].earlier.get(entry.id, number))
    beside = PurePosixPath(entry.file)
    cases = beside.with_name(f"{beside.stem}.test{beside.suffix}") if beside.name else beside
    found = opened.ledger.content(holder, [entry.file, str(cases)]) if holder else {}
    if entry.file not in found:
        raise ConfigError(
            f"release {number} does not hold the file of {entry.key}",
            hint=f"releases of form 1 hold no files; its source commit may: {every[number].source}",
        )
    return {path: data.decode("utf-8", "replace") for path, data in found.items()}


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
    return event.detection if isinstance(event, Attempt | ForcedPromotion | MuteExpired) else ""


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
