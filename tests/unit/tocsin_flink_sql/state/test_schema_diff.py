"""What the state of a correlation's new version still is, by what its author changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.ir.correlation import CorrelationType
from tocsin.model.source import TimeUnit
from tocsin_flink_sql.state.artifact import CorrelationArtifact, Input
from tocsin_flink_sql.state.schema import Base, Carried, StateSchema
from tocsin_flink_sql.state.schema_diff import SchemaDiff, changed, span_text

SHOP = Input("shop", "shop.audit", "time", TimeUnit.TEXT, 5000, "t", {}, "v")
WEB = replace(SHOP, source="web", topic="web.log")
A, B, FAR = Base(("shop",), logic="a"), Base(("shop",), logic="b"), Base(("web",), logic="c")
USER = (("user", "user"),)
OTHERS = (("user", "buyer"),)
SHAPE = StateSchema(
    type=CorrelationType.EVENT_COUNT,
    timespan_ms=60_000,
    group_by=USER,
    values=(),
    bounds="gte 3",
    presence="",
    percentile="",
    bases=(A, B),
    carried=(Carried("shop", "user", "string"),),
)
Changes = dict[str, Any]


def of(shape: Changes | None = None, *inputs: Input) -> CorrelationArtifact:
    made = replace(SHAPE, **(shape or {}))
    return CorrelationArtifact(3, "d", "logic", inputs or (SHOP,), "INSERT", made)


def typed(name: str, **more: str) -> Changes:
    return {"type": CorrelationType(name), **more}


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({}, {}, "nothing that the state holds changed"),
        ({}, {"bounds": "lt 9"}, "only the condition on what windows hold changed"),
        ({}, {"presence": "all"}, "only the condition on what windows hold changed"),
        ({}, {"timespan_ms": 25_000}, "timespan shrank from 1m to 25s: the state holds all of it"),
        # Neither their order nor a field that is new to windows says anything.
        ({}, {"bases": (B, A)}, "nothing that the state holds changed"),
        ({}, {"carried": (Carried("shop", "more", "x"),)}, "nothing that the state holds changed"),
        (
            typed("value_sum"),
            typed("value_avg"),
            "windows of value_avg hold the same as those of value_sum",
        ),
        (
            typed("value_percentile", percentile="50"),
            typed("value_median"),
            "windows of value_median hold the same as those of value_percentile",
        ),
    ],
)
def test_the_state_is_kept(before: Changes, after: Changes, kept: str) -> None:
    assert changed(of(before), of(after)) == SchemaDiff(kept=kept)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (
            {},
            {"timespan_ms": 90_000},
            "timespan grew from 1m to 90s: older matches are not in the state",
        ),
        (
            {},
            typed("value_count"),
            "event_count became value_count: windows hold other figures",
        ),
        (
            typed("value_percentile", percentile="90"),
            typed("value_percentile", percentile="75"),
            "percentile 90 became 75: windows keep the one they began with",
        ),
        (
            typed("value_median"),
            typed("value_percentile", percentile="75"),
            "value_median became value_percentile: windows hold other figures",
        ),
        ({}, {"bases": (A,)}, "base rules: 2 became 1"),
        ({}, {"group_by": OTHERS}, "the group is made of other fields"),
        ({"group_by": OTHERS}, {"group_by": (("buyer", "user"),)}, "the group is made of other"),
        ({}, {"group_by": ()}, "the group is made of other fields"),
        ({"values": USER}, {"values": OTHERS}, "the values are of other fields"),
        ({}, {"bases": (A, FAR)}, "base rule 2 changed: windows hold matches of the old one"),
        (
            {},
            {"bases": (Base(("shop",), shape=SHAPE), B)},
            "base correlation 1 changed: windows hold matches of the old one",
        ),
        (
            {"group_by": OTHERS},
            {"group_by": OTHERS, "bases": (B, A)},
            "the base rules stand in another order",
        ),
        (
            {"values": OTHERS},
            {"values": OTHERS, "bases": (B, A)},
            "the base rules stand in another order",
        ),
        (
            {"carried": (Carried("shop", "user", "number"),)},
            {},
            "user of shop is read otherwise",
        ),
    ],
)
def test_another_state(before: Changes, after: Changes, why: str) -> None:
    found = changed(of(before), of(after))
    assert found.why.startswith(why)
    assert (found.kept, found.impossible) == ("", "")


@pytest.mark.parametrize("kind", ["temporal", "temporal_ordered"])
def test_where_the_state_says_which_rule_matched_their_order_counts(kind: str) -> None:
    found = changed(of(typed(kind)), of({**typed(kind), "bases": (B, A)}))
    assert found.why == "the base rules stand in another order"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"topic": "moved"}, "source shop moved from topic shop.audit to moved"),
        ({"time_field": "seen"}, "the time of shop is another field: seen"),
        (
            {"time_unit": TimeUnit.MILLISECONDS},
            "the time of shop is written otherwise: in ms since 1970",
        ),
    ],
)
def test_what_moved_cannot_go_on_by_any_wish(change: Changes, why: str) -> None:
    """Whatever else changed: that is the first that has to be told."""
    moved = replace(SHOP, **change, lateness_ms=1)
    after = of({"timespan_ms": 90_000, "group_by": ()}, WEB, moved)
    assert changed(of({}, SHOP, WEB), after) == SchemaDiff(why=why, impossible=why)


def test_times_that_become_texts() -> None:
    numbers = replace(SHOP, time_unit=TimeUnit.SECONDS)
    found = changed(of({}, numbers), of())
    assert found.why == "the time of shop is written otherwise: as ISO 8601 texts"


@pytest.mark.parametrize("lateness", [None, 1, 9000])
def test_another_lateness_is_another_state_but_not_impossible(lateness: int | None) -> None:
    later = replace(SHOP, lateness_ms=lateness)
    found = changed(of(), of({"timespan_ms": 90_000}, later))
    assert found == SchemaDiff(why="the lateness of shop changed: other events count")


def test_sources_are_compared_by_name() -> None:
    assert changed(of({}, SHOP, WEB), of({}, WEB, SHOP)).why == ""
    assert changed(of({}, SHOP, WEB), of({}, SHOP)).why == ""


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (1, "1ms"),
        (1500, "1500ms"),
        (1000, "1s"),
        (90_000, "90s"),
        (5_400_000, "90m"),
        (129_600_000, "36h"),
        (1_209_600_000, "14d"),
    ],
)
def test_lengths_of_time_are_written_as_in_rules(milliseconds: int, text: str) -> None:
    assert span_text(milliseconds) == text
