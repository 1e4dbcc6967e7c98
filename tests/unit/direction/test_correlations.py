"""Two versions of a correlation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from correlation_cases import RIGHT, correlated, holding
from tocsin.direction.decide import direction
from tocsin.direction.streams import completed
from tocsin.direction.verdict import Direction, DirectionKind
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
from tocsin.ir.nodes import Leaf, Not, Text, all_of
from tocsin.ir.query import CorrelationQuery

COUNT, VALUES = CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT
USER, ACTOR = Ref("user", ("user",)), Ref("User", ("User",))
HOUR = 3_600_000


def at_least(number: int, kind: CorrelationType = COUNT, **more: object) -> Correlation:
    bounds = (Bound(BoundOp.GTE, str(number)),)
    values = (Ref("User", ("User",)),) if kind is VALUES else ()
    made = Correlation(kind, 1, HOUR, (USER,), bounds, values=values)
    return replace(made, **more)


def asked(old: Correlation, new: Correlation) -> Direction:
    bases = [holding(letter) for letter in "abc"[: old.rules]]
    return shown(correlated(old, bases), correlated(new, bases))


def shown(old: CorrelationQuery, new: CorrelationQuery) -> Direction:
    """The direction; the evaluator says of each witness that it is one."""
    found = direction(old, new)
    for witness, one, other in ((found.lost, old, new), (found.gained, new, old)):
        if witness:
            assert completed(one, witness.events) - completed(other, witness.events)
    return found


SETS = Correlation(CorrelationType.TEMPORAL, 2, HOUR, (), (), Every((Occurs(0), Occurs(1))))
ORDERED = Correlation(CorrelationType.TEMPORAL_ORDERED, 2, HOUR)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (at_least(3), at_least(4)),
        (at_least(3), at_least(3, timespan_ms=HOUR // 2)),
        (at_least(3), at_least(5, timespan_ms=HOUR // 2)),
        (at_least(3), at_least(3, group_by=(USER, ACTOR))),
        (at_least(3, group_by=()), at_least(3)),
        (at_least(3, VALUES), at_least(4, VALUES)),
        (at_least(3, VALUES), at_least(3, VALUES, timespan_ms=1000)),
        (at_least(3), at_least(3, bounds=(Bound(BoundOp.EQ, "3"),))),
        (at_least(1), at_least(1, bounds=(Bound(BoundOp.GTE, "2"), Bound(BoundOp.LT, "4")))),
        (replace(SETS, presence=Some((Occurs(0), Occurs(1)))), SETS),
        (
            replace(SETS, presence=Occurs(0)),
            replace(SETS, presence=Every((Occurs(0), Absent(Occurs(1))))),
        ),
        (SETS, replace(SETS, timespan_ms=60_000)),
        (ORDERED, replace(ORDERED, timespan_ms=60_000)),
        (
            at_least(5, CorrelationType.VALUE_SUM, values=(USER,), group_by=()),
            at_least(6, CorrelationType.VALUE_SUM, values=(USER,), group_by=()),
        ),
    ],
)
def test_one_is_narrower_and_the_other_wider(wide: Correlation, narrow: Correlation) -> None:
    assert asked(wide, narrow).kind is DirectionKind.NARROWER
    assert asked(narrow, wide).kind is DirectionKind.WIDER


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (at_least(3), at_least(3, bounds=(Bound(BoundOp.GT, "2"),))),
        (at_least(3), at_least(3, bounds=(Bound(BoundOp.GT, "2.5"), Bound(BoundOp.GTE, "1")))),
        (at_least(3, group_by=(USER, ACTOR)), at_least(3, group_by=(ACTOR, USER))),
        (SETS, replace(SETS, presence=None, bounds=(Bound(BoundOp.GTE, "2"),))),
        (SETS, replace(SETS, presence=Absent(Some((Absent(Occurs(0)), Absent(Occurs(1))))))),
    ],
)
def test_two_ways_to_say_the_same(old: Correlation, new: Correlation) -> None:
    assert asked(old, new) == Direction(DirectionKind.EQUAL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (at_least(3), at_least(4, timespan_ms=2 * HOUR)),
        (at_least(3), at_least(3, bounds=(Bound(BoundOp.LT, "3"),))),
        (at_least(2), at_least(2, group_by=(ACTOR,))),
    ],
)
def test_each_holds_where_the_other_does_not(old: Correlation, new: Correlation) -> None:
    assert asked(old, new).kind is DirectionKind.INCOMPARABLE


def test_more_matches_undo_an_upper_bound() -> None:
    """A longer window is not wider where fewer events are asked for."""
    few = at_least(3, bounds=(Bound(BoundOp.LT, "3"),))
    found = asked(few, replace(few, timespan_ms=2 * HOUR))
    assert found.kind is DirectionKind.UNKNOWN
    assert "the timespan" in found.reason


def test_a_filter_in_a_base_narrows_what_counts_upwards() -> None:
    base = holding("a")
    out = replace(base, expr=all_of([base.expr, Not(Leaf("flag", Text(("true",))))]))
    old, new = correlated(at_least(3), [base]), correlated(at_least(3), [out])
    assert shown(old, new).kind is DirectionKind.NARROWER
    assert shown(new, old).kind is DirectionKind.WIDER


def test_one_more_rule_widens_a_count() -> None:
    a, b = holding("a"), holding("b")
    old = correlated(at_least(3, group_by=()), [a])
    new = correlated(at_least(3, group_by=(), rules=2), [b, a])
    assert shown(old, new).kind is DirectionKind.WIDER
    assert shown(new, old).kind is DirectionKind.NARROWER


def test_events_of_several_sources_stay_those_of_their_source() -> None:
    bases = [holding("a"), holding("a", RIGHT)]
    found = shown(correlated(SETS, bases), correlated(replace(SETS, timespan_ms=1000), bases))
    assert found.kind is DirectionKind.NARROWER
    assert found.lost
    assert [each.source for each in found.lost.events] == ["left", "right"]


def test_chains_are_followed() -> None:
    inner = correlated(at_least(3), [holding("a")], "inner")
    less = correlated(at_least(4), [holding("a")], "inner")
    outer = at_least(2)
    found = shown(correlated(outer, [inner]), correlated(outer, [less]))
    assert found.kind is DirectionKind.NARROWER
    assert (
        direction(correlated(outer, [inner]), correlated(outer, [inner])).kind
        is DirectionKind.EQUAL
    )


def test_other_reading_of_time_is_unknown() -> None:
    base = holding("a")
    late = replace(base, source=replace(base.source, lateness_ms=0))
    found = direction(correlated(at_least(3), [base]), correlated(at_least(3), [late]))
    assert found.kind is DirectionKind.UNKNOWN
    assert "time" in found.reason


def test_a_correlation_that_is_removed_matches_no_more() -> None:
    old = correlated(at_least(3), [holding("a")])
    assert direction(old, None).kind is DirectionKind.NARROWER
    assert direction(None, old).kind is DirectionKind.WIDER
    assert direction(old, holding("a")).kind is DirectionKind.UNKNOWN
