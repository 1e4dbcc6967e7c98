"""The plain matcher, to which others are compared."""

from __future__ import annotations

from tocsin.ir.nodes import IsNull, Not
from tocsin_matcher import EvaluatorMatcher
from unit.tocsin_matcher.questions import older, part, text


def test_ids_come_sorted_whatever_place_their_detections_look_at() -> None:
    leaf = text("renamed", "a")
    matcher = EvaluatorMatcher([part(leaf, "z"), older(leaf, "b"), part(Not(leaf), "c")])
    assert matcher.match({"renamed": "A", "from": {"deep": {"place": "a"}}}) == ["b", "z"]
    assert matcher.match({"renamed": "a"}) == ["b", "c"]
    assert matcher.match({}) == ["c"]


def test_there_is_nothing_to_learn() -> None:
    matcher = EvaluatorMatcher([part(IsNull("text"))])
    matcher.learn_from([{"text": "x"}] * 10)
    assert matcher.match({}) == ["d"]
    assert matcher.costs == {}
