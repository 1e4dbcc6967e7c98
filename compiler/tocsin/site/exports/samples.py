"""Changes drawn for an audit, each with its whole chain. Whoever has the seed draws the same ones.

A change has the name `<release>:<id of the detection>`, as `changes.csv` shows it. It is drawn if
the SHA-256 of the seed, a line feed and that name, as 64 hex digits, is among the smallest: so
anybody can repeat it, and a change that is added or left out moves no other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.canonical import digest_bytes
from tocsin.escape import spreadsheet
from tocsin.site.exports.records import in_period
from tocsin.site.history.model import CaseRun, EntryChange, History, ReleaseHistory
from tocsin.state.ledger_event import Attempt


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How many changes are drawn, and from which seed."""

    number: int
    seed: str


@dataclass(frozen=True, slots=True)
class SampledChange:
    """A drawn change and what leads to it. `rank`: the digest that it was drawn by.

    `runs`: of the detection's cases before this release; None: no record. `attempts`: with the same
    plan, before it became this release.
    """

    rank: str
    change: EntryChange
    release: ReleaseHistory
    runs: tuple[CaseRun, ...] | None
    attempts: tuple[Attempt, ...]

    @property
    def name(self) -> str:
        """What its rank is made from, with the seed."""
        return change_name(self.change)


def draw(history: History, plan: SamplePlan) -> list[SampledChange]:
    """The sample, first drawn first: all changes of the period where there are fewer."""
    ranked = ((rank(change, plan.seed), change) for change in _changes(history))
    return [
        _sampled(history, place, change)
        for place, change in sorted(ranked, key=lambda pair: pair[0])[: plan.number]
    ]


def rank(change: EntryChange, seed: str) -> str:
    """The digest that a change is drawn by."""
    return digest_bytes(f"{seed}\n{change_name(change)}".encode("utf-8", "replace"))


def change_name(change: EntryChange) -> str:
    """What a change is called in a draw: what others read in the table, whatever the id holds."""
    return spreadsheet(f"{change.release}:{change.entry.id}")


def _changes(history: History) -> Iterator[EntryChange]:
    return (change for release in in_period(history) for change in release.changes)


def _sampled(history: History, place: str, change: EntryChange) -> SampledChange:
    release = history.by_number[change.release]
    whose = history.by_id.get(change.entry.id)
    every = whose.runs if whose else None
    runs = None if every is None else tuple(r for r in every if r.release == release.number)
    attempts = tuple(
        event
        for event in history.events
        if isinstance(event, Attempt) and event.plan and event.plan == release.plan
    )
    return SampledChange(place, change, release, runs, attempts)
