"""What a correlation saw at each base match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deployments.correlation_edits import BOTH, A, B, rule
from tocsin.ir.account import Account, account, asked_of
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.stream import observe

Event = dict[str, Any]


def event(second: int, kind: str = "a", user: str | None = "ann", **more: Any) -> Event:
    return {"time": f"2026-01-01T00:00:{second:02}Z", "kind": kind, "user": user, **more}


def of(query: CorrelationQuery, events: Sequence[Event]) -> Account:
    return account(query, observe(query.events, events))


def told(query: CorrelationQuery, *events: Event) -> list[tuple[int, str, bool]]:
    """Number of the event, figure and verdict, in the order of the account."""
    return [(each.event[1], each.figure, each.holds) for each in of(query, events).standings]


def test_each_match_stands_with_its_window_and_its_figure() -> None:
    events = [event(0), event(5), event(7, user="bob"), event(9), event(12), event(1, "none")]
    found = of(rule("event_count", A, "gte 3", 10), events)
    assert found.without_key == 0
    assert [(s.event[1], s.group, len(s.window), s.figure, s.holds) for s in found.standings] == [
        (0, ("ann",), 1, "1 event", False),
        (1, ("ann",), 2, "2 events", False),
        (2, ("bob",), 1, "1 event", False),
        (3, ("ann",), 3, "3 events", True),
        (4, ("ann",), 3, "3 events", True),
    ]
    assert {s.asked for s in found.standings} == {">= 3"}
    third = found.standings[3]
    assert [hit.event[1] for hit in third.window.newest(2)] == [1, 3]
    assert third.time - found.standings[0].time == 9000


def test_matches_without_a_group_key_are_counted_each_once() -> None:
    two = rule("event_count", (A, B), "gte 1")
    events = [event(0, user=None), event(1, "ab", user=None), event(2), event(3, "c", user=None)]
    found = of(two, events)
    assert found.without_key == 2
    assert [each.event[1] for each in found.standings] == [2]


def test_what_lacks_a_key_below_lacks_it_above() -> None:
    often = rule("event_count", A, "gte 2", 10, name="often")
    chain = rule("event_count", often, "gte 2", 30)
    found = of(chain, [event(n) for n in range(3)] + [event(4, user=None)])
    assert found.without_key == 1
    # Above stand the events that complete the rule below.
    assert [(s.event[1], s.figure, s.holds) for s in found.standings] == [
        (1, "1 event", False),
        (2, "2 events", True),
    ]


def test_figures_of_all_types() -> None:
    events = [event(0, amount="1.50"), event(1, amount="x"), event(2, "b", amount="2.5")]
    two = (A, B)
    for query, wanted in (
        (rule("value_count", two, "gte 3", of="amount"), ("3 distinct values", True)),
        (rule("value_sum", two, "gt 4", of="amount"), ("sum 4 of 2 numbers", False)),
        (rule("value_avg", two, "lte 2", of="amount"), ("avg 2 of 2 numbers", True)),
        (rule("value_median", two, "eq 2", of="amount"), ("median 2 of 2 numbers", True)),
        (
            rule("value_percentile", two, "gt 2.4", of="amount", percentile="100"),
            ("percentile 2.5 of 2 numbers", True),
        ),
        (rule("temporal", two, BOTH), ("2 of 2 rules", True)),
        (rule("temporal_ordered", two), ("2 of 2 rules", True)),
        (rule("temporal_ordered", (B, A)), ("2 of 2 rules", False)),
    ):
        assert told(query, *events)[-1] == (2, *wanted)
    only = rule("value_sum", A, "gte 0", of="amount")
    assert told(only, event(0, amount="x")) == [(0, "no sum: no value is a number", False)]


@pytest.mark.parametrize(
    ("correlation", "asked"),
    [
        (
            Correlation(
                CorrelationType.EVENT_COUNT,
                1,
                1000,
                bounds=(Bound(BoundOp.GTE, "3"), Bound(BoundOp.LT, "10")),
            ),
            ">= 3 and < 10",
        ),
        (
            Correlation(
                CorrelationType.VALUE_SUM,
                1,
                1000,
                bounds=tuple(Bound(op, "-0.5") for op in BoundOp),
            ),
            "> -0.5 and >= -0.5 and < -0.5 and <= -0.5 and = -0.5 and is not -0.5",
        ),
        (
            Correlation(CorrelationType.TEMPORAL_ORDERED, 3, 1000),
            "all 3 in order, the last one here",
        ),
        (
            Correlation(CorrelationType.TEMPORAL, 2, 1000, presence=BOTH),
            "the condition on the 2 rules",
        ),
    ],
)
def test_what_is_asked_in_words(correlation: Correlation, asked: str) -> None:
    assert asked_of(correlation) == asked
