"""What is asked once, however many detections ask it, and where it looks."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.ir.nodes import And, FieldRef, IsNull, Keyword, Not, Or, Text
from tocsin_matcher.atoms import EVERY, Pair, ValuePlace, atoms_of, texts_of
from unit.tocsin_matcher.questions import ANY, older, part, text

RENAMED = ValuePlace("renamed", ("from", "deep", "place"))


def test_detections_share_their_leaves() -> None:
    one, two, three = text("text", "a"), text("text", "b"), text("number", "a")
    found = atoms_of([part(And((one, two))), part(Or((two, Not(three), one)))])
    assert [atom.ask for atom in found.all] == [one.test, two.test, three.test]
    assert [atom.number for atom in found.all] == [0, 1, 2]
    assert found.of_parts == ((0, 1), (1, 2, 0))


def test_each_leaf_looks_at_its_place() -> None:
    word = Keyword(Text((ANY, "word", ANY)))
    compared = FieldRef("text", "renamed")
    found = atoms_of([part(And((IsNull("renamed"), word, compared, text("text", "a"))))])
    assert [(atom.where, atom.ask) for atom in found.all] == [
        (RENAMED, None),
        (EVERY, word.test),
        (Pair(ValuePlace("text"), RENAMED), compared),
        (ValuePlace("text"), Text(("a",))),
    ]
    assert [atom.guard for atom in found.all] == [(), ("word",), (), ("a",)]


def test_the_same_leaf_at_another_place_is_another_question() -> None:
    leaf = text("renamed", "a")
    found = atoms_of([part(leaf), older(leaf), part(leaf)])
    assert [atom.where for atom in found.all] == [RENAMED, ValuePlace("renamed")]
    assert found.of_parts == ((0,), (1,), (0,))


@pytest.mark.parametrize(
    ("place", "plain", "keys"),
    [
        (ValuePlace("a"), True, ("a",)),
        (ValuePlace("a.b"), False, ("a.b", "a")),
        (ValuePlace("x", ("a.b",)), True, ("a.b",)),
        (ValuePlace("x", ("a", "b")), False, ("a",)),
    ],
)
def test_the_keys_that_a_place_needs(place: ValuePlace, plain: bool, keys: tuple[str, ...]) -> None:  # noqa: FBT001 - a column of the table
    assert (place.plain, place.keys) == (plain, keys)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (ValuePlace("a.b"), "flat"),
        (ValuePlace("x", ("a", "b")), 1),
        (ValuePlace("a.c"), True),
        (ValuePlace("a.b.c"), None),
        (ValuePlace("b"), None),
        (EVERY, ["flat", "1", "true"]),
    ],
)
def test_values_where_events_have_them(place: ValuePlace, value: Any) -> None:
    assert place.value({"a.b": "flat", "a": {"b": 1, "c": True}}) == value


@pytest.mark.parametrize(
    ("value", "forms"),
    [(("1", "1.0"), ("1", "1.0")), ((), ()), (None, None), (5, ("5",)), ("x", ("x",))],
)
def test_a_tuple_stands_for_its_own_text_forms(value: Any, forms: Any) -> None:
    assert texts_of(value) == forms
