"""Correlations of a scan, on what their base rules match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.ir.correlate import Outcome
from tocsin.ir.evaluate import View
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.stream import (
    WITHOUT_KEY,
    WITHOUT_TIME,
    Arrived,
    Clock,
    Found,
    LeftOut,
    completions,
)
from tocsin.model.artifact import Match

HitsByRule = Mapping[str, Sequence[int]]
"""Numbers of the events that each base rule, by id, matches, in order."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """Matches of correlations, and by id what each left out."""

    matches: Sequence[Match]
    left_out: Mapping[str, LeftOut]


def correlate(
    queries: Iterable[CorrelationQuery],
    hits: HitsByRule,
    events: Sequence[dict[str, Any]],
    clock: Clock,
) -> Correlated:
    """Every correlation on the hits of its bases. In a scan nothing is late."""
    views = {number: View(events[number]) for numbers in hits.values() for number in numbers}
    times = {number: clock(view) for number, view in views.items()}
    arrived: dict[str, list[Arrived]] = {}
    untimed: dict[str, list[Arrived]] = {}
    for rule, numbers in hits.items():
        every = [Arrived(("", n), times[n] or 0, views[n]) for n in numbers]
        arrived[rule] = [each for each in every if times[each.event[1]] is not None]
        untimed[rule] = [each for each in every if times[each.event[1]] is None]
    found: list[Match] = []
    left_out: dict[str, LeftOut] = {}
    done: dict[str, Outcome] = {}
    for query in queries:
        own, outcome = query.detection.id, completions(query, arrived, done)
        found += (Match(own, each.event[1], each.group) for each in outcome.completed)
        left_out[own] = _left_out(query, untimed, outcome, clock)
    return Correlated(found, left_out)


def _left_out(query: CorrelationQuery, untimed: Found, outcome: Outcome, clock: Clock) -> LeftOut:
    missed = {each.event: each.view for q in query.events for each in untimed[q.detection.id]}
    made = LeftOut()
    for event in sorted(missed):
        made.add(WITHOUT_TIME, missed[event], clock)
    made.counts[WITHOUT_KEY] = len(outcome.without_key)
    return made
