"""Which changes of a plan may make a detection find less, or say less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.direction.verdict import DirectionKind
from tocsin.model.detection import LEVELS, Dedup
from tocsin.plan.steps import Deploy, Document, Plan, Remove, SetMute
from tocsin.release.entry import Entry

_KEEPS = frozenset(kind for kind in DirectionKind if not kind.weakens)
REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one detection; `weakens`: why it may find less, empty if it does not."""

    key: str
    level: str
    weakens: str = ""


def changes(plan: Plan, directions: Mapping[str, str]) -> tuple[Change, ...]:
    """What somebody has to agree with. To repair what was released, or to unmute, needs nobody.

    `directions`: how the new logic of a detection stands to the old one, by id, where it is known.
    """
    return tuple(_changes(plan, directions))


def _changes(plan: Plan, directions: Mapping[str, str]) -> Iterator[Change]:
    for step in plan.steps:
        if isinstance(step, Remove):
            yield Change(step.before.key, step.before.level, step.why or REMOVED)
        elif isinstance(step, SetMute):
            yield Change(step.after.key, step.after.level, f"muted until {step.until}")
        elif isinstance(step, Deploy | Document):
            before = step.before
            way = directions.get(step.after.id, DirectionKind.UNKNOWN)
            weakens = weakness(step.after, before, way) if before else ""
            yield Change(step.after.key, _higher(step.after, before), weakens)


def weakness(after: Entry, before: Entry, way: str) -> str:
    """Why a detection may find less, or say less, than before; empty if it does not."""
    if before.mode == "live" and after.mode != "live":
        return "no longer live"
    if after.logic != before.logic and before.mode == "live" and (why := lost(way)):
        return why
    return lowered(after.level, before.level) or folded(after.dedup, before.dedup)


def lost(way: str) -> str:
    """The same of another logic, of this direction: what is not proven to find as much weakens."""
    return "" if way in _KEEPS else f"its logic changes: {way}"


def lowered(after: str, before: str) -> str:
    """The same of another level."""
    return f"level {before} becomes {after or 'none'}" if _rank(after) < _rank(before) else ""


def folded(after: Dedup | None, before: Dedup | None) -> str:
    """The same of how alerts are put together."""
    return "alerts are folded otherwise" if after not in (None, before) else ""


def _higher(after: Entry, before: Entry | None) -> str:
    """The higher level of both: a change does not choose for itself who approves it."""
    return max(after.level, before.level if before else "", key=_rank)


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1
