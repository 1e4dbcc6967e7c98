"""Which detections are muted once a plan is carried out: pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tocsin.plan.steps import LiftMute, Plan, SetMute
from tocsin.release.mute import Mute
from tocsin.state.ledger_event import MuteExpired
from tocsin.state.release import Release


def mutes_after(plan: Plan, last: Release | None, at: datetime, who: str) -> tuple[Mute, ...]:
    """Those of the last release that are not over, and those that begin now.

    A plan does not hold the former: it stays the same plan when one of them ends meanwhile.
    """
    ended = {step.after.id for step in plan.steps if isinstance(step, SetMute | LiftMute)}
    there = {entry.id for entry in plan.result} - ended
    kept = [each for each in (last.mutes if last else ()) if each.detection in there]
    since = at.isoformat(timespec="seconds")
    new = [
        Mute(step.after.id, since, step.until, step.reason, who, step.review)
        for step in plan.steps
        if isinstance(step, SetMute)
    ]
    return (*(each for each in kept if each.holds(at)), *new)


def expired(plan: Plan, last: Release | None, at: datetime) -> Iterator[MuteExpired]:
    """What the ledger records of mutes that ended by themselves."""
    for mute in last.mutes if last else ():
        entry = last.entry(mute.detection) if last else None
        if entry and not mute.holds(at):
            number = plan.base_number + 1
            yield MuteExpired(release=number, detection=entry.key, until=mute.until)
