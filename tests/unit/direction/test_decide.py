"""Two versions of a detection on single events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.diagnostics import Span
from tocsin.direction.decide import direction
from tocsin.direction.verdict import Direction, DirectionKind
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import (
    And,
    Compare,
    Const,
    Expr,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Regex,
    Text,
    Wild,
)
from tocsin.ir.query import Query
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source

MANY, ONE = Wild.MANY, Wild.ONE
A, B, C = (Leaf("f", Text((letter,))) for letter in "abc")
G = Leaf("g", Text(("g",)))
HAS = Leaf("f", Text((MANY, "ab", MANY)))
LONGER = Leaf("f", Text((MANY, "xab", MANY)))
SOURCE = Source("events", (Column("f", FieldType.STRING, ("f",)),))
EVERY = Const(value=True)


def query(expr: Expr, source: Source = SOURCE, where: Expr = EVERY) -> Query:
    return Query(Detection("q", "q", Meta("Any"), LogSource(), Span()), source, where, expr)


def asked(old: Expr, new: Expr) -> Direction:
    found = direction(query(old), query(new))
    for witness, one, other in ((found.lost, old, new), (found.gained, new, old)):
        if witness:
            (seen,) = witness.events
            assert evaluate(one, View(seen.event))
            assert not evaluate(other, View(seen.event))
    return found


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (Or((A, B)), A),
        (A, And((A, B))),  # a list may have both
        (A, And((A, Not(B)))),
        (HAS, LONGER),
        (HAS, And((HAS, G))),
        (Or((A, B, G)), Or((A, B))),
        (Not(A), And((Not(A), Not(B)))),
        (Not(A), And((Not(A), Not(IsNull("f"))))),
        (Not(IsNull("f")), Leaf("f", Text((MANY, "")))),  # a map has no text
        (Leaf("f", Text(("ab",))), Leaf("f", Text(("ab",), cased=True))),
        (Keyword(Text((MANY, "a", MANY))), A),
        (And((A, Not(G))), And((A, Not(Keyword(Text(("g",))))))),
        (Leaf("f", Compare(Op.GTE, 5)), Leaf("f", Text(("5",)))),
        (
            Leaf("f", Compare(Op.GTE, 5)),
            And((Leaf("f", Compare(Op.GTE, 5)), Not(Leaf("f", Compare(Op.LT, 5))))),
        ),
        (Not(IsNull("g")), FieldRef("f", "g")),
        (FieldRef("f", "g", How.CONTAINS), FieldRef("f", "g", How.STARTSWITH)),
        (FieldRef("f", "g", How.STARTSWITH), FieldRef("f", "g")),
        (FieldRef("f", "g"), FieldRef("f", "g", cased=True)),
        (A, Const(value=False)),
    ],
)
def test_one_is_narrower_and_the_other_wider(wide: Expr, narrow: Expr) -> None:
    assert asked(wide, narrow).kind is DirectionKind.NARROWER
    assert asked(narrow, wide).kind is DirectionKind.WIDER
    assert asked(wide, narrow).kind.weakens
    assert not asked(narrow, wide).kind.weakens


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Or((A, B)), Or((B, A))),
        (HAS, Or((HAS, LONGER))),
        (LONGER, And((LONGER, HAS))),
        (And((A, Or((B, C)))), Or((And((A, B)), And((A, C))))),
        (Not(And((A, B))), Or((Not(A), Not(B)))),
        (A, And((A, Not(IsNull("f"))))),
        (FieldRef("f", "g"), FieldRef("g", "f")),
        (Const(value=False), And((A, Not(A)))),
        (Const(value=False), And((A, IsNull("f")))),
        (Leaf("f", Regex("^abc$")), Leaf("f", Text(("abc",), cased=True))),
        (A, And((A, Or((G, Not(G)))))),
    ],
)
def test_two_ways_to_say_the_same(old: Expr, new: Expr) -> None:
    found = asked(old, new)
    assert found == Direction(DirectionKind.EQUAL)


@pytest.mark.parametrize(
    ("old", "new"), [(A, B), (A, Not(A)), (And((A, G)), And((B, G))), (HAS, Not(HAS)), (A, G)]
)
def test_each_matches_what_the_other_does_not(old: Expr, new: Expr) -> None:
    found = asked(old, new)
    assert found.kind is DirectionKind.INCOMPARABLE
    assert found.lost
    assert found.gained


def test_what_cannot_be_decided_is_unknown() -> None:
    large = Leaf("f", Compare(Op.GT, 2.0**70))
    found = asked(And((large, Not(Leaf("f", Compare(Op.GT, 2**60))))), Const(value=False))
    assert found.kind is DirectionKind.UNKNOWN
    assert found.reason


def test_a_version_that_is_not_there_matches_nothing() -> None:
    assert direction(query(A), None).kind is DirectionKind.NARROWER
    assert direction(None, query(A)).kind is DirectionKind.WIDER
    assert direction(query(And((A, Not(A)))), None).kind is DirectionKind.EQUAL


def test_the_log_source_is_a_part_of_the_meaning() -> None:
    found = direction(query(A, where=G), query(A))
    assert found.kind is DirectionKind.WIDER


def test_another_source_is_other_events() -> None:
    other = replace(SOURCE, name="others")
    found = direction(query(A), query(A, other))
    assert found.kind is DirectionKind.INCOMPARABLE
    assert [w.events[0].source for w in (found.lost, found.gained) if w] == ["events", "others"]
    old, new = (replace(SOURCE, name=name, topic="t") for name in ("one", "two"))
    assert direction(query(A, old), query(A, new)).kind is DirectionKind.EQUAL


def test_a_field_is_known_by_its_place() -> None:
    moved = replace(SOURCE, columns=(Column("f", FieldType.STRING, ("process", "name")),))
    called = replace(SOURCE, columns=(Column("h", FieldType.STRING, ("process", "name")),))
    renamed = Leaf("h", Text(("a",)))
    assert direction(query(A, moved), query(renamed, called)).kind is DirectionKind.EQUAL
    assert direction(query(A), query(A, moved)).kind is DirectionKind.INCOMPARABLE


def test_dotted_names_are_nested_in_the_witness() -> None:
    leaf = Leaf("user.name", Text(("root",)))
    found = asked(leaf, And((leaf, A)))
    assert found.lost
    assert found.lost.events[0].event == {"user": {"name": "root"}}


def test_values_in_the_witness_are_of_their_declared_types() -> None:
    columns = (
        Column("n", FieldType.INTEGER, ("n",)),
        Column("b", FieldType.BOOLEAN, ("is", "b")),
        Column("f", FieldType.INTEGER, ("f",)),
    )
    typed = replace(SOURCE, columns=columns)
    parts = (Leaf("n", Text(("7",))), Leaf("b", Text(("true",))), Leaf("f", Text(("007",))))
    found = direction(query(And(parts), typed), None)
    assert found.lost
    assert found.lost.events[0].event == {"n": 7, "is": {"b": True}, "f": "007"}
