"""Which changes of a plan may make a detection find less, or say less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.direction.verdict import DirectionKind
from tocsin.model.detection import LEVELS
from tocsin.plan.steps import Deploy, Document, Plan, Remove, SetMute
from tocsin.release.entry import Entry

_KEEPS = frozenset({DirectionKind.WIDER, DirectionKind.EQUAL})


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
            yield Change(step.before.key, step.before.level, step.why or "removed")
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
    if after.logic != before.logic and before.mode == "live" and way not in _KEEPS:
        return f"its logic changes: {way}"
    if _rank(after.level) < _rank(before.level):
        return f"level {before.level} becomes {after.level or 'none'}"
    if after.dedup != before.dedup and after.dedup is not None:
        return "alerts are folded otherwise"
    return ""


def _higher(after: Entry, before: Entry | None) -> str:
    """The higher level of both: a change does not choose for itself who approves it."""
    return max(after.level, before.level if before else "", key=_rank)


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1
