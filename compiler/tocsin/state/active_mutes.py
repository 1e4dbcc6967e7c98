"""Which mutes of a release are in force at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tocsin.release.mute import Mute
from tocsin.state.release import Release


def active_mutes(release: Release | None, at: datetime | None = None) -> Sequence[tuple[str, Mute]]:
    """Those that are not over, by default now, with the detection's key."""
    moment = at or datetime.now(UTC)
    holding = [each for each in (release.mutes if release else ()) if each.holds(moment)]
    found = [(release.entry(each.detection), each) for each in holding] if release else []
    return [(entry.key, each) for entry, each in found if entry]
