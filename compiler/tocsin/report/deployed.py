"""What an environment detects at one moment, taken from its ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from tocsin.errors import ConfigError
from tocsin.state.base import StateReader
from tocsin.state.release import Release


@dataclass(frozen=True, slots=True)
class Since:
    """The release that put a detection's present version and mode in place, and when (UTC)."""

    release: int
    made: str


@dataclass(frozen=True, slots=True)
class ReleaseInQuestion:
    """The release that is asked about. `at` is the date asked for, empty for "now"."""

    release: Release
    since: dict[str, Since] = field(default_factory=dict)
    at: str = ""


def deployed(reader: StateReader, at: str = "") -> ReleaseInQuestion:
    """The newest release, or the one that was current at a date or time (UTC, ISO 8601).

    A date without a time means the end of that day. Raises ConfigError if there was none yet.
    """
    releases = reader.releases()
    if at:
        end = moment(at)
        releases = [r for r in releases if _utc(r.made) <= end]
    if not releases:
        lacks = f"had no release at {at}" if at else "has no release yet"
        raise ConfigError(
            f"environment {reader.environment} {lacks}",
            hint=f"`tocsin history --env {reader.environment}` lists the releases",
        )
    return ReleaseInQuestion(releases[0], _since(releases), at)


def moment(text: str) -> datetime:
    """The end of a date, or the time itself; ConfigError if it is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"not a date: {text}", hint="for example 2026-11-30") from None
    if len(text) <= len("2026-11-30"):
        found = datetime.combine(found, time.max)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _utc(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _since(releases: Sequence[Release]) -> dict[str, Since]:
    """Walks back from the first release (the newest) for as long as nothing differs."""
    found = {e.id: Since(releases[0].number, releases[0].made) for e in releases[0].entries}
    same = {e.id: (e.version, e.mode) for e in releases[0].entries}
    for release in releases[1:]:
        here = {e.id: (e.version, e.mode) for e in release.entries}
        same = {id_: now for id_, now in same.items() if here.get(id_) == now}
        found |= {id_: Since(release.number, release.made) for id_ in same}
    return found
