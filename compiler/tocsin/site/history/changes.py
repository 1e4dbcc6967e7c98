"""What releases did to detections, in the words of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.direction.verdict import DirectionKind
from tocsin.plan.weakening import REMOVED, weakness
from tocsin.plan.words import IN_ALERTS, IN_RECORD
from tocsin.release.entry import Action, Entry
from tocsin.site.history.model import EntryAttribute, EntryChange
from tocsin.site.history.walk import EntryDifference, ReleaseRead
from tocsin.state.release import Release

_IDENTITY = ("version", "logic", "artifact", "mode", "backend", "source", "path", "isolated")
"""What changes besides that which an author writes for people."""


def change_of(read: ReleaseRead, difference: EntryDifference) -> EntryChange:
    """One of them."""
    after, before = difference.after, difference.before
    direction = _directions(read.release).get(difference.id)
    entry = after or before
    if entry is None:
        raise ValueError("a difference has a side")
    return EntryChange(
        release=read.release.number,
        at=read.made,
        action=difference.action,
        entry=entry,
        before=before,
        direction=direction,
        weakens=_muting(read, difference) or _weakens(after, before, direction),
        attributes=tuple(_attributes(after, before)) if after and before else (),
    )


def _directions(release: Release) -> dict[str, str]:
    """Those that it records; older ones do with the consent alone."""
    agreed = release.consent.directions if release.consent else {}
    return agreed | release.facts.directions


def _muting(read: ReleaseRead, difference: EntryDifference) -> str:
    """As a plan says it of a mute that begins."""
    if difference.action != Action.MUTED:
        return ""
    ends = [m.until for m in read.release.mutes if m.detection == difference.id]
    return f"muted until {max(ends)}" if ends else ""


def _weakens(after: Entry | None, before: Entry | None, direction: str | None) -> str:
    if before is None:
        return ""
    return weakness(after, before, direction or DirectionKind.UNKNOWN) if after else REMOVED


def _attributes(after: Entry, before: Entry) -> Iterator[EntryAttribute]:
    for name in (*_IDENTITY, *IN_ALERTS, *IN_RECORD):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield EntryAttribute(name, _words(old), _words(new))


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
