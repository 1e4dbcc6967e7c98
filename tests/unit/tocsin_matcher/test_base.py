"""The seam: every matcher agrees with the evaluator on every line, and says what a line is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tocsin.diagnostics import Span
from tocsin.ir.nodes import And, Const, Leaf, Not, Text
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source
from tocsin.pack import Part
from tocsin_matcher import Cost, EvaluatorMatcher, PackMatcher
from tocsin_matcher.base import SLOW_SECONDS

AnyMatcher = type[EvaluatorMatcher | PackMatcher]
each_matcher = pytest.mark.parametrize("matcher", [EvaluatorMatcher, PackMatcher])

STATUS = Column("status", FieldType.INTEGER, ("http.status",))


def odd_status(*columns: Column) -> Part:
    """Events of another status than 200."""
    detection = Detection("d1", "odd", Meta(title="Odd"), LogSource("audit"), Span())
    expr = Not(Leaf("status", Text(("200",))))
    return Part.of(Query(detection, Source("audit", columns), Const(value=True), expr))


def lines(*events: dict[str, Any]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


@each_matcher
def test_a_field_is_looked_for_at_its_place_only(matcher: AnyMatcher) -> None:
    events: tuple[dict[str, Any], ...] = (
        {"http.status": 200},
        {"http.status": 500},
        {"status": 200},
        {"http": {"status": 200}},
        {},
        {"http.status": [200, 404]},
        {"http.status": None},
    )
    found = matcher([odd_status(STATUS)]).match_lines(lines(*events))
    assert found.matches == [Match("d1", n) for n in (1, 2, 3, 4, 6)]
    assert found.refused == {}


@each_matcher
def test_lines_that_are_no_events_are_told(matcher: AnyMatcher) -> None:
    wrong = [b"", b"oops", b"[1]", b'{"http.status": 500', b"17"]
    found = matcher([odd_status(STATUS)]).match_lines([*lines({"http.status": 500}), *wrong])
    assert found.matches == [Match("d1", 0)]
    assert [found.refused[n][:17] for n in range(1, 6)] == [
        *("empty", "not JSON: unexpec", "not a JSON object", "not JSON: unexpec"),
        "not a JSON object",
    ]


@each_matcher
def test_parts_of_different_age_keep_their_own_places(matcher: AnyMatcher) -> None:
    old = replace(odd_status(), detection="old")
    found = matcher([old, odd_status(STATUS)]).match_lines(
        lines({"status": 200, "http.status": 500}, {"status": 500, "http.status": 200}, {})
    )
    assert found.matches == [Match("d1", 0), Match("old", 1), Match("d1", 2), Match("old", 2)]


@each_matcher
@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "a'`b", "ключ", "\U0001f642", "", "k0"])
def test_any_key_can_be_looked_at(key: str, matcher: AnyMatcher) -> None:
    columns = (
        Column("field", FieldType.STRING, (key,)),
        Column("other", FieldType.STRING, ("k0",)),
    )
    detection = Detection("d2", "odd", Meta(title="Odd"), LogSource("audit"), Span())
    expr = And((Leaf("field", Text(("x",))), Not(Leaf("other", Text(("z",))))))
    part = Part.of(Query(detection, Source("audit", columns), Const(value=True), expr))
    given = [*lines({key: "x"}, {key: "y"}, {key: ["y", "x"]}), b"oops"]
    found = matcher([part, odd_status(STATUS)]).match_lines(given)
    assert [m.event for m in found.matches if m.detection == "d2"] == [0, 2]
    assert list(found.refused) == [3]


def test_costs_add_up_and_count_what_was_slow() -> None:
    cost = Cost()
    cost.add(SLOW_SECONDS, matched=True)
    cost.add(SLOW_SECONDS * 2, matched=False)
    assert (cost.candidates, cost.matched, cost.slow) == (2, 1, 1)
    assert cost.seconds == pytest.approx(SLOW_SECONDS * 3)
