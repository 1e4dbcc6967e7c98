"""The reference evaluator of correlations, row by row of the contract."""

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ir.correlate import BaseMatch, correlate
from tocsin.ir.correlation import (
    Absent,
    Bound,
    BoundOp,
    Correlation,
    CorrelationType,
    Every,
    Occurs,
    Ref,
    Some,
)
from tocsin.ir.evaluate import View
from tocsin.ir.statistic import decimal_of, percentile
from tocsin.ir.stream import LATE, WITHOUT_TIME, Clock, LeftOut, arrivals, clock_of, on_time
from tocsin.ir.times import parse_millis
from tocsin.model.source import Source

SPAN = 60
Seen = tuple[int, int, dict[str, Any]]
"""Position of the base rule, time, event."""


def found(correlation: Correlation, seen: Sequence[Seen]) -> list[int]:
    """Numbers of the events at which the correlation holds."""
    matches = [
        BaseMatch(rule, ("s", number), time, View(event))
        for number, (rule, time, event) in enumerate(seen)
    ]
    return [done.event[1] for done in correlate(correlation, matches).completed]


def correlation(kind: str, bounds: dict[str, str] | None = None, **more: Any) -> Correlation:
    made = tuple(Bound(BoundOp(op), number) for op, number in (bounds or {}).items())
    return Correlation(CorrelationType(kind), more.pop("rules", 1), SPAN, bounds=made, **more)


def ref(name: str, rules: int = 1) -> tuple[Ref, ...]:
    return (Ref(name, (name,) * rules),)


def at(*times: int) -> list[Seen]:
    return [(0, time, {}) for time in times]


def test_a_sliding_window_has_both_ends_and_all_of_equal_times() -> None:
    three = correlation("event_count", {"gte": "3"})
    assert found(three, at(0, 30, 60)) == [2]
    assert found(three, at(0, 30, 61)) == []
    assert found(three, at(59, 60, 61)) == [2]
    assert found(three, at(60, 60, 60)) == [0, 1, 2]
    assert found(three, at(61, 0, 30, 60)) == [3, 0]


def test_ranges_and_both_kinds_of_equality() -> None:
    for bounds, wanted in (
        ({"gt": "1", "lte": "2"}, [1]),
        ({"eq": "2"}, [1]),
        ({"neq": "2"}, [0, 2]),
        ({"lt": "2"}, [0]),
    ):
        assert found(correlation("event_count", bounds), at(0, 1, 2)) == wanted


def test_groups_are_apart_and_a_missing_key_is_counted() -> None:
    two = correlation("event_count", {"gte": "2"}, group_by=ref("u"))
    events: list[dict[str, Any]] = [{"u": "a"}, {"u": "A"}, {"u": None}, {"u": 5}, {"u": "5"}]
    events += [{"u": ["a", "b"]}, {"u": {}}, {}]
    outcome = correlate(two, [BaseMatch(0, ("s", n), n, View(e)) for n, e in enumerate(events)])
    assert [(done.event[1], done.group) for done in outcome.completed] == [(4, ("5",))]
    assert outcome.without_key == {("s", n) for n in (2, 5, 6, 7)}


def test_an_event_of_two_rules_counts_once() -> None:
    both = [BaseMatch(rule, ("s", 0), 0, View({})) for rule in (0, 1)]
    two = correlation("event_count", {"gte": "2"}, rules=2)
    assert correlate(two, both).completed == ()
    other = BaseMatch(1, ("t", 0), 0, View({}))
    assert len(correlate(two, [*both, other]).completed) == 2


def test_values_are_taken_once_from_the_first_rule() -> None:
    total = correlation("value_sum", {"eq": "1"}, rules=2, values=(Ref("v", ("a", "b")),))
    both = [BaseMatch(rule, ("s", 0), 0, View({"a": 1, "b": 5})) for rule in (1, 0)]
    assert len(correlate(total, both).completed) == 1


def test_distinct_values_keep_case_and_leave_null_out() -> None:
    two = correlation("value_count", {"eq": "2"}, values=ref("v"))
    seen: list[Seen] = [(0, n, {"v": v}) for n, v in enumerate(["a", "A", None, "A", 5, "5"])]
    assert found(two, seen) == [1, 2, 3]
    pairs = correlation("value_count", {"eq": "1"}, values=(*ref("a"), *ref("b")))
    assert found(pairs, [(0, 0, {"a": 1}), (0, 1, {"a": 1, "b": 2}), (0, 2, {"b": 2})]) == [1, 2]


@pytest.mark.parametrize(
    ("kind", "bounds", "values", "wanted"),
    [
        ("value_sum", {"gte": "0.3"}, [0.1, 0.2], [1]),
        ("value_sum", {"eq": "0"}, ["x", True, 5, -5], [3]),
        ("value_sum", {"gt": "0"}, ["1e17", "-1e17", "0.000000001"], [0, 2]),
        ("value_avg", {"eq": "33.5"}, [33, "34", "no"], [1, 2]),
        ("value_avg", {"lt": "1"}, [1, 1, "0.999999999"], [2]),
        ("value_median", {"eq": "2.5"}, [1, 4, 2, 3], [1, 3]),
        ("value_median", {"gte": "0"}, ["a", None], []),
    ],
)
def test_statistics(
    kind: str, bounds: dict[str, str], values: list[Any], wanted: list[int]
) -> None:
    seen: list[Seen] = [(0, n, {"v": value}) for n, value in enumerate(values)]
    assert found(correlation(kind, bounds, values=ref("v")), seen) == wanted


def test_percentiles_are_linear_between_ranks() -> None:
    assert [percentile([10, 20, 30, 40], share) for share in ("0", "50", "100", "90")] == [
        10,
        25,
        40,
        37.0,
    ]


@pytest.mark.parametrize("text", ["", " 1", "1 ", "+1", "1_0", "inf", "1e100", "1e18", "0x1", "1."])
def test_what_no_statistic_counts(text: str) -> None:
    assert decimal_of(text) is None


def test_decimals_are_rounded_half_away_from_zero() -> None:
    assert [str(decimal_of(text)) for text in ("1.0000000005", "-1.0000000005", "2e-10")] == [
        "1.000000001",
        "-1.000000001",
        "0E-9",
    ]


def test_rules_together_in_any_order() -> None:
    both = correlation("temporal", rules=2, presence=Every((Occurs(0), Occurs(1))))
    assert found(both, [(1, 0, {}), (0, 60, {}), (0, 61, {})]) == [1]
    assert found(correlation("temporal", {"gte": "2"}, rules=3), [(0, 0, {}), (2, 5, {})]) == [1]


def test_presence_of_some_and_absence_of_others() -> None:
    tree = Every((Some((Occurs(0), Occurs(1))), Absent(Occurs(2))))
    seen: list[Seen] = [(0, 0, {}), (2, 10, {}), (1, 20, {}), (1, 71, {})]
    assert found(correlation("temporal", rules=3, presence=tree), seen) == [0, 3]


def test_order_counts_and_equal_times_are_in_order() -> None:
    chain = correlation("temporal_ordered", rules=3)
    assert found(chain, [(0, 0, {}), (1, 5, {}), (2, 9, {})]) == [2]
    assert found(chain, [(1, 0, {}), (0, 5, {}), (2, 9, {})]) == []
    assert found(chain, [(2, 5, {}), (1, 5, {}), (0, 5, {})]) == [0]
    assert found(chain, [(0, 0, {}), (1, 5, {}), (2, 61, {})]) == []


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 8).map(lambda n: n * 10)), max_size=9),
)
def test_the_greedy_chain_finds_what_trying_all_chains_finds(seen: list[tuple[int, int]]) -> None:
    events: list[Seen] = [(rule, time, {}) for rule, time in seen]

    def brute(last: int) -> bool:
        end = seen[last][1]
        chains = (
            (a, b)
            for a, b in product(range(len(seen)), repeat=2)
            if seen[a][0] == 0 and seen[b][0] == 1 and end - SPAN <= seen[a][1] <= seen[b][1] <= end
        )
        return seen[last][0] == 2 and any(True for _ in chains)

    wanted = {n for n in range(len(seen)) if brute(n)}
    assert set(found(correlation("temporal_ordered", rules=3), events)) == wanted


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(1, 4))
def test_counting_is_what_the_definition_says(times: list[int], least: int) -> None:
    wanted = {
        n for n, end in enumerate(times) if sum(end - SPAN <= t <= end for t in times) >= least
    }
    assert set(found(correlation("event_count", {"gte": str(least)}), at(*times))) == wanted
    for a, b in combinations(range(len(times)), 2):
        assert times[a] != times[b] or (a in wanted) == (b in wanted)


def test_late_is_behind_the_latest_time_by_more_than_the_lateness() -> None:
    times = [100, 90, 89, None, 200, 100, 190]
    assert list(on_time(times, 10)) == ["", "", LATE, WITHOUT_TIME, "", LATE, ""]
    assert list(on_time(times, None)).count("") == 6


def test_what_does_not_count_is_counted_by_reason() -> None:
    source = Source("s", (), time_field="t", lateness_ms=1000)
    texts = ["2026-01-01T00:00:09.9999Z", "2026-01-01T00:00:08.998Z", "x", None]
    seen = list(arrivals(source, [View({"t": t}) for t in texts], clock_of(source)))
    assert [each.arrived.time for each in seen if not each.reason] == [1767225609999]
    assert [each.reason for each in seen] == ["", LATE, WITHOUT_TIME, WITHOUT_TIME]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"t": "soon"}, "t is 'soon'"),
        ({"t": 5}, "t is '5'"),
        ({"t": ["a", "b", "c"]}, "t is ['a', 'b', …]"),
        ({"t": "x" * 99}, f"t is '{'x' * 60}…'"),
        ({"t": {"a": 1}}, "t is []"),
        ({}, "no t"),
        ({"u": "never", "t": None}, "u is 'never'"),
    ],
)
def test_a_match_without_time_is_said_with_its_field(event: dict[str, object], said: str) -> None:
    clock = Clock(("t", "u") if "u" in event else ("t",), parse_millis)
    left_out = LeftOut()
    left_out.add(WITHOUT_TIME, View(event), clock)
    left_out.add(WITHOUT_TIME, View({"t": "another"}), clock)
    left_out.add(LATE, View({}), clock)
    lines = list(left_out.lines())
    assert lines == [f"2 base matches without time ({said})", "1 base match late"]
