"""The mutes that releases record, as times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.release.mute import Mute
from tocsin.site.history.dates import utc
from tocsin.site.history.presence import MutedTime
from tocsin.site.history.walk import ReleaseRead


def muted_times(releases: Sequence[ReleaseRead]) -> tuple[MutedTime, ...]:
    """Each mute once, by when it began; one that a later release no longer has ended with that."""
    found: dict[tuple[str, str], MutedTime] = {}
    open_: set[tuple[str, str]] = set()
    for read in releases:
        now = {(mute.detection, mute.since): mute for mute in read.release.mutes}
        begun = {mute.detection: utc(mute.since) for key, mute in now.items() if key not in found}
        for key in open_ - now.keys():
            end = begun.get(key[0], read.made)
            if end < found[key].end:
                found[key] = replace(found[key], end=end, ended_by=read.release.number)
        for key, mute in now.items():
            found.setdefault(key, _time(mute, read.release.number))
        open_ = set(now)
    return tuple(sorted(found.values(), key=lambda mute: (mute.begin, mute.detection)))


def muted_in(releases: Sequence[ReleaseRead]) -> dict[int, int]:
    """How many detections were muted when each release was made, by its number."""
    return {
        read.release.number: len({m.detection for m in read.release.mutes if m.holds(at)})
        for read in releases
        for at in [datetime.fromisoformat(read.release.made)]
    }


def _time(mute: Mute, release: int) -> MutedTime:
    return MutedTime(
        detection=mute.detection,
        begin=utc(mute.since),
        end=utc(mute.until),
        who=mute.who,
        reason=mute.reason,
        review=mute.review,
        release=release,
    )
