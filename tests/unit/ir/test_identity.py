"""What identifies an event (E11): its own fields, together, or its content."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.canonical import digest
from tocsin.ir.identity import event_id

FIELDS = ("Computer", "Channel", "EventRecordID")
EVENT: dict[str, Any] = {"Computer": "dc1", "Channel": "Security", "EventRecordID": 7}


def test_one_field_is_its_text_form() -> None:
    assert event_id(EVENT, ["EventRecordID"]) == "7"
    assert event_id({"EventRecordID": 7.0}, ["EventRecordID"]) == "7"
    assert event_id({"EventRecordID": ["7"]}, ["EventRecordID"]) == "7"
    assert event_id({"n": {"id": "é:1"}}, ["n.id"]) == "é:1"
    assert event_id({"a": {"b": True}}, ["id"], {"id": ("a", "b")}) == "true"


def test_several_fields_carry_their_lengths_in_code_points() -> None:
    assert event_id(EVENT, FIELDS) == "3:dc18:Security1:7"
    assert event_id({"a": "\N{BELL}é", "b": ""}, ["a", "b"]) == "2:\N{BELL}é0:"


@pytest.mark.parametrize("value", [None, {}, [], {"x": 1}, ["a", "b"], [None], [{}]])
def test_without_one_of_its_parts_an_event_is_its_content(value: Any) -> None:
    event = {**EVENT, "Channel": value}
    assert event_id(event, FIELDS) == f"sha256:{digest(event)}"
    assert event_id({**EVENT}, ()) == f"sha256:{digest(EVENT)}"


def test_values_that_are_long_identify_no_event() -> None:
    assert event_id({"a": "é" * 1024}, ["a"]) == "é" * 1024
    event = {"a": "é" * 1025}
    assert event_id(event, ["a"]) == f"sha256:{digest(event)}"


@given(st.lists(st.text(), min_size=2, max_size=2), st.lists(st.text(), min_size=2, max_size=2))
def test_only_equal_values_give_equal_ids(left: list[str], right: list[str]) -> None:
    same = event_id(dict(zip("ab", left, strict=True)), "ab") == event_id(
        dict(zip("ab", right, strict=True)), "ab"
    )
    assert same == (left == right)
