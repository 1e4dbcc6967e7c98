"""Since when detections are deployed as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.state.release import Release


@dataclass(frozen=True, slots=True)
class Since:
    """The release that put a detection's present version and mode in place, and when (UTC)."""

    release: int
    made: str


def since(releases: Sequence[Release]) -> dict[str, Since]:
    """By detection. Walks back from the first release (the newest) while nothing differs."""
    found = {e.id: Since(releases[0].number, releases[0].made) for e in releases[0].entries}
    same = {e.id: (e.version, e.mode) for e in releases[0].entries}
    for release in releases[1:]:
        here = {e.id: (e.version, e.mode) for e in release.entries}
        same = {id_: now for id_, now in same.items() if here.get(id_) == now}
        found |= {id_: Since(release.number, release.made) for id_ in same}
    return found
