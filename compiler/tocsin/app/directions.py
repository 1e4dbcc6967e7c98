"""The direction of what a plan changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.app.earlier import earlier
from tocsin.app.environment import OpenEnvironment
from tocsin.direction.verdict import TOO_MANY, Direction, DirectionKind
from tocsin.ir.query import Resolved
from tocsin.plan.steps import Deploy, Plan
from tocsin.release.entry import Action, Entry

LOST = "the old version is not in the ledger as it was released"


def directions(
    opened: OpenEnvironment, plan: Plan, now: Sequence[Resolved], most: int | None = None
) -> dict[str, Direction]:
    """For each detection whose logic changes, by id: what its new version matches against the old.

    `now`: the detections as they are to be; at `most` so many are compared. The old ones are those
    that the last release holds.
    """
    changed = {after.id: before for after, before in _changed(plan)}
    last = opened.ledger.last() if changed else None
    if last is None:
        return {}
    with opened.progress.stage("reading the old detections"):
        old = earlier(opened.ledger, opened.root, last, last.earlier, changed.values())
    logic = {after.id: after.logic for after, _ in _changed(plan)}
    new = {each.detection.id: each for each in now if logic.get(each.detection.id) == each.logic}
    compared = list(changed)[:most]
    tracked = opened.progress.track(compared, "comparing old and new detections")
    found = {own: _direction(own, old, new) for own in tracked}
    return dict.fromkeys(changed, TOO_MANY) | found


def _changed(plan: Plan) -> list[tuple[Entry, Entry]]:
    return [
        (step.after, step.before)
        for step in plan.steps
        if isinstance(step, Deploy) and step.before and step.after.action is Action.CHANGED
    ]


def _direction(own: str, old: Mapping[str, Resolved], new: Mapping[str, Resolved]) -> Direction:
    from tocsin.direction.decide import direction  # noqa: PLC0415 - its solver is slow to load

    if own not in old or own not in new:
        return Direction(DirectionKind.UNKNOWN, reason=LOST)
    return direction(old[own], new[own])
