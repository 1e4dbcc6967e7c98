"""What a correlation saw at each of its base matches: the window's events and its figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.ir.correlate import Outcome, grouped
from tocsin.ir.correlation import BoundOp, Correlation, CorrelationType
from tocsin.ir.figures import EventRef, GroupKey, Hit
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.sliding import Window, slide
from tocsin.ir.stream import Found, base_matches

SHOWN = 20
"""Events of a window that are listed; of more, the newest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The correlation at one base match: its window, what was counted there, the verdict.

    `figure` is what was counted (`3 events`), `asked` what the condition wants (`>= 5`).
    """

    event: EventRef
    time: int
    group: GroupKey
    window: Window
    figure: str
    asked: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Account:
    """All standings in order of time, and how many events lacked a group key, bases' included."""

    standings: tuple[Standing, ...]
    without_key: int


def account(query: CorrelationQuery, found: Found) -> Account:
    """The correlation at every base match."""
    correlation = query.correlation
    done: dict[str, Outcome] = {}
    positions = range(len(query.bases))
    matches = [match for n in positions for match in base_matches(query, n, found, done)]
    groups, without_key = grouped(correlation, matches)
    lacking = without_key.union(*(below.without_key for below in done.values()))
    made = [
        standing for key, hits in groups.items() for standing in _standings(correlation, key, hits)
    ]
    made.sort(key=lambda each: (each.time, each.event, each.group))
    return Account(tuple(made), len(lacking))


def _standings(correlation: Correlation, key: GroupKey, hits: Sequence[Hit]) -> Iterator[Standing]:
    asked = asked_of(correlation)
    for hit, window, figure in slide(correlation, hits):
        yield Standing(hit.event, hit.time, key, window, str(figure), asked, figure.holds(hit))


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
