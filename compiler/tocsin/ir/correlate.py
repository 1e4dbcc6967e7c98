"""The reference evaluator of correlations: small and obvious, one pass over each group.

Base matches come in any order; what counts is their event time. The correlation holds at every
event on whose window its condition holds: nothing is thinned here.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tocsin.ir.correlation import (
    Absent,
    Bound,
    BoundOp,
    Correlation,
    CorrelationType,
    Every,
    Occurs,
    Presence,
    Ref,
    Some,
)
from tocsin.ir.evaluate import View
from tocsin.ir.statistic import decimal_of, percentile, total

Key = tuple[str, ...]
Event = tuple[str, int]
"""Identity of an event: name of its source, 0-based number."""


@dataclass(frozen=True, slots=True)
class BaseMatch:
    """The base rule at a position matched an event of this event time (ms since 1970, UTC)."""

    rule: int
    event: Event
    time: int
    view: View = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Completed:
    """The event that completed a correlation, the group, and how many events its window holds."""

    event: Event
    time: int
    group: Key
    view: View = field(compare=False, repr=False)
    window: tuple[Event, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All completions, by time and event; how many base matches lacked a group key."""

    completed: tuple[Completed, ...]
    without_key: int


@dataclass(frozen=True, slots=True)
class Hit:
    """An event inside a group: it counts once, whatever number of rules it matches."""

    time: int
    event: Event
    rules: frozenset[int]
    values: Key | None
    view: View = field(compare=False, repr=False)


def correlate(correlation: Correlation, matches: Iterable[BaseMatch]) -> Outcome:
    """Where the correlation holds."""
    groups, without_key = grouped(correlation, matches)
    found = [
        Completed(hit.event, hit.time, key, hit.view, tuple(each.event for each in window))
        for key, hits in groups.items()
        for hit, window in windows(correlation, hits)
        if holds(correlation, window, hit)
    ]
    found.sort(key=lambda done: (done.time, done.event, done.group))
    return Outcome(tuple(found), without_key)


def grouped(
    correlation: Correlation, matches: Iterable[BaseMatch]
) -> tuple[dict[Key, list[Hit]], int]:
    """The hits of each group in order of time, and the number of matches without a group key."""
    merged: dict[tuple[Key, Event], list[BaseMatch]] = defaultdict(list)
    without_key = 0
    for match in matches:
        key = texts_of(correlation.group_by, match)
        if key is None:
            without_key += 1
        else:
            merged[key, match.event].append(match)
    groups: dict[Key, list[Hit]] = defaultdict(list)
    for (key, _), same in merged.items():
        groups[key].append(_hit(correlation, same))
    for hits in groups.values():
        hits.sort(key=lambda hit: (hit.time, hit.event))
    return groups, without_key


def _hit(correlation: Correlation, same: Sequence[BaseMatch]) -> Hit:
    """One event of a group; its value is the one that the first of its rules names."""
    first = min(same, key=lambda match: match.rule)
    values = texts_of(correlation.values, first) if correlation.values else None
    rules = frozenset(match.rule for match in same)
    return Hit(first.time, first.event, rules, values, first.view)


def texts_of(refs: Sequence[Ref], match: BaseMatch) -> Key | None:
    """The text forms of these fields; None where one is missing or has not exactly one."""
    found: list[str] = []
    for ref in refs:
        texts = match.view.texts(ref.fields[match.rule])
        if texts is None or len(texts) != 1:
            return None
        found.append(texts[0])
    return tuple(found)


def windows(correlation: Correlation, hits: Sequence[Hit]) -> Iterator[tuple[Hit, Sequence[Hit]]]:
    """Each hit of a group with W(hit); hits of the same time are in each other's window."""
    times = [hit.time for hit in hits]
    for end, hit in enumerate(hits):
        start = bisect_left(times, hit.time - correlation.timespan_ms)
        stop = end + 1
        while stop < len(hits) and times[stop] == hit.time:
            stop += 1
        yield hit, hits[start:stop]


def holds(correlation: Correlation, window: Sequence[Hit], hit: Hit) -> bool:
    """Whether the condition holds on the window of a hit."""
    return _CONDITION[correlation.type](correlation, window, hit)


Condition = Callable[[Correlation, Sequence[Hit], Hit], bool]


def _counts(correlation: Correlation, window: Sequence[Hit], _: Hit) -> bool:
    return within(correlation.bounds, len(window))


def _distinct(correlation: Correlation, window: Sequence[Hit], _: Hit) -> bool:
    return within(correlation.bounds, len({hit.values for hit in window} - {None}))


def _statistic(correlation: Correlation, window: Sequence[Hit], _: Hit) -> bool:
    numbers = numbers_of(window)
    if not numbers:
        return False
    if correlation.type is CorrelationType.VALUE_SUM:
        return within(correlation.bounds, total(numbers))
    if correlation.type is CorrelationType.VALUE_AVG:
        return within(correlation.bounds, total(numbers), len(numbers))
    figure = percentile(numbers, correlation.percentile or "50")
    return all(_OP[bound.op](figure, float(bound.value)) for bound in correlation.bounds)


def numbers_of(window: Sequence[Hit]) -> list[Decimal]:
    """The window's values that are numbers."""
    texts = [hit.values[0] for hit in window if hit.values is not None]
    return [number for text in texts if (number := decimal_of(text)) is not None]


def _together(correlation: Correlation, window: Sequence[Hit], _: Hit) -> bool:
    present = frozenset[int]().union(*(hit.rules for hit in window))
    if correlation.presence is not None:
        return _present(correlation.presence, present)
    return within(correlation.bounds, len(present))


def _present(condition: Presence, rules: frozenset[int]) -> bool:
    match condition:
        case Occurs(rule):
            return rule in rules
        case Every(args):
            return all(_present(arg, rules) for arg in args)
        case Some(args):
            return any(_present(arg, rules) for arg in args)
        case Absent(arg):
            return not _present(arg, rules)


def _in_order(correlation: Correlation, window: Sequence[Hit], hit: Hit) -> bool:
    """Greedy: the earliest match of each rule that is not before the one of the rule before."""
    last = correlation.rules - 1
    if last not in hit.rules:
        return False
    reached = window[0].time
    for rule in range(last):
        later = (each.time for each in window if rule in each.rules and each.time >= reached)
        earliest = next(later, None)
        if earliest is None:
            return False
        reached = earliest
    return reached <= hit.time


_CONDITION: Mapping[CorrelationType, Condition] = {
    CorrelationType.EVENT_COUNT: _counts,
    CorrelationType.VALUE_COUNT: _distinct,
    CorrelationType.VALUE_SUM: _statistic,
    CorrelationType.VALUE_AVG: _statistic,
    CorrelationType.VALUE_PERCENTILE: _statistic,
    CorrelationType.VALUE_MEDIAN: _statistic,
    CorrelationType.TEMPORAL: _together,
    CorrelationType.TEMPORAL_ORDERED: _in_order,
}

_OP: Mapping[BoundOp, Callable[[Any, Any], bool]] = {
    BoundOp.GT: operator.gt,
    BoundOp.GTE: operator.ge,
    BoundOp.LT: operator.lt,
    BoundOp.LTE: operator.le,
    BoundOp.EQ: operator.eq,
    BoundOp.NEQ: operator.ne,
}


def within(bounds: Sequence[Bound], figure: int | Decimal, times: int = 1) -> bool:
    """Whether all comparisons of the figure with `times` the bound hold, exactly."""
    return all(_OP[bound.op](figure, bound.value * times) for bound in bounds)
