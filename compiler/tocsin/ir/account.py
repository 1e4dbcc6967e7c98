"""What a correlation saw at each of its base matches: the window's events and its figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.ir.correlate import Event, Hit, Key, grouped, holds, numbers_of, windows
from tocsin.ir.correlation import BoundOp, Correlation, CorrelationType
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.statistic import percentile, total
from tocsin.ir.stream import Found, base_matches


@dataclass(frozen=True, slots=True)
class Member:
    """An event of a window: its time in ms since 1970, which base rules (positions) it matches."""

    event: Event
    time: int
    rules: tuple[int, ...]
    values: Key | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The correlation at one base match: its window, what was counted there, the verdict.

    `figure` is what was counted (`3 events`), `asked` what the condition wants (`>= 5`).
    """

    event: Event
    time: int
    group: Key
    window: tuple[Member, ...]
    figure: str
    asked: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Account:
    """All standings in order of time, and how many base matches lacked a group key."""

    standings: tuple[Standing, ...]
    without_key: int


def account(query: CorrelationQuery, found: Found) -> Account:
    """The correlation at every base match."""
    correlation = query.correlation
    matches = [match for n in range(len(query.bases)) for match in base_matches(query, n, found)]
    groups, without_key = grouped(correlation, matches)
    made = [
        standing for key, hits in groups.items() for standing in _standings(correlation, key, hits)
    ]
    made.sort(key=lambda each: (each.time, each.event, each.group))
    return Account(tuple(made), without_key)


def _standings(correlation: Correlation, key: Key, hits: Sequence[Hit]) -> Iterator[Standing]:
    asked = asked_of(correlation)
    for hit, window in windows(correlation, hits):
        members = tuple(Member(h.event, h.time, tuple(sorted(h.rules)), h.values) for h in window)
        figure = figure_of(correlation, window)
        holding = holds(correlation, window, hit)
        yield Standing(hit.event, hit.time, key, members, figure, asked, holding)


_SIGN = {
    BoundOp.GT: ">",
    BoundOp.GTE: ">=",
    BoundOp.LT: "<",
    BoundOp.LTE: "<=",
    BoundOp.EQ: "=",
    BoundOp.NEQ: "is not",
}


def asked_of(correlation: Correlation) -> str:
    """What the condition wants, in words."""
    if correlation.bounds:
        return " and ".join(f"{_SIGN[bound.op]} {bound.number}" for bound in correlation.bounds)
    if correlation.type is CorrelationType.TEMPORAL_ORDERED:
        return f"all {correlation.rules} in order, the last one here"
    return f"the condition on the {correlation.rules} rules"


def figure_of(correlation: Correlation, window: Sequence[Hit]) -> str:
    """What is counted in a window, in words."""
    kind = correlation.type
    if kind is CorrelationType.EVENT_COUNT:
        return _some(len(window), "event")
    if kind is CorrelationType.VALUE_COUNT:
        return _some(len({hit.values for hit in window} - {None}), "distinct value")
    if kind in (CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED):
        present = {rule for hit in window for rule in hit.rules}
        return f"{len(present)} of {_some(correlation.rules, 'rule')}"
    return _statistic(correlation, window)


def _statistic(correlation: Correlation, window: Sequence[Hit]) -> str:
    numbers = numbers_of(window)
    name = correlation.type.removeprefix("value_")
    if not numbers:
        return f"no {name}: no value is a number"
    if correlation.type is CorrelationType.VALUE_SUM:
        return f"{name} {total(numbers).normalize():f} of {_some(len(numbers), 'number')}"
    if correlation.type is CorrelationType.VALUE_AVG:
        average = total(numbers) / len(numbers)
        return f"{name} {average.normalize():f} of {_some(len(numbers), 'number')}"
    figure = percentile(numbers, correlation.percentile or "50")
    return f"{name} {figure:g} of {_some(len(numbers), 'number')}"


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
