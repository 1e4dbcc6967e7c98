"""Whether less is found after a change than before it, and which event shows that."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tocsin.direction.verdict import Direction, DirectionWitness
from tocsin.ir.query import Resolved
from tocsin.plan.weakening import REMOVED, folded, lost, lowered
from tocsin.plural import plural
from tocsin.review.document import DirectionFound, cut, short

_RAISING = "live"
"""The mode in which a detection raises alerts, which is also that of one that names none."""


def told(found: Direction) -> DirectionFound:
    """A direction as a review holds it."""
    return DirectionFound(
        kind=found.kind.value,
        lost=_shown(found.lost),
        gained=_shown(found.gained),
        reason=cut(found.reason),
    )


def weakens(old: Resolved | None, new: Resolved | None, found: Direction | None) -> list[str]:
    """In which ways, by the rules of plans; nothing where it finds as much as before."""
    return [short(reason) for reason in _reasons(old, new, found)][:100]


def _reasons(old: Resolved | None, new: Resolved | None, found: Direction | None) -> Iterator[str]:
    if old and not new:
        yield REMOVED
    if old and new:
        was, now = old.detection, new.detection
        yield from filter(None, [lost(found.kind) if found else ""])
        yield from _silenced(old, new)
        said = lowered(now.meta.level, was.meta.level), folded(now.dedup, was.dedup)
        yield from filter(None, said)


def _silenced(old: Resolved, new: Resolved) -> Iterator[str]:
    """Environments in which it raised alerts, and does no more.

    Beside another logic in shadow the live version stays.
    """
    quiet = {"off", "shadow"} if old.logic == new.logic else {"off"}
    before, after = old.detection.deploy, new.detection.deploy
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place, _RAISING), after.get(place, _RAISING)
        if was == _RAISING and now in quiet:
            yield f"{now} in {place}"
    if old.alerts and not new.alerts:
        yield "it only serves other rules"


def _shown(witness: DirectionWitness | None) -> str:
    if witness is None:
        return ""
    events = [dict(each.event) for each in witness.events]
    text = json.dumps(events[0] if len(events) == 1 else events, ensure_ascii=False)
    return cut(text if len(events) == 1 else f"{plural(len(events), 'event')}: {text}")
