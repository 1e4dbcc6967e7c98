"""What the atoms that hold decide of detections."""

from __future__ import annotations

from tocsin.ir.nodes import And, Const, Expr, IsNull, Not, Or
from tocsin_matcher.atoms import atoms_of
from tocsin_matcher.choice import Choice
from tocsin_matcher.decision import NONE, Candidates, Decision
from tocsin_matcher.witness import Witness
from unit.tocsin_matcher.questions import part, text

A, B, C = text("text", "a"), text("TEXT", "b"), text("number", "3")
EXPRS: tuple[Expr, ...] = (
    And((A, B)),  # witness: a
    Or((Not(A), And((B, C)))),  # witnesses: not a, b
    C,  # looked at always
    Const(value=True),  # the same
    And((B, Not(C))),  # witness: b
)
WITNESSES = {
    0: Witness(0.1, frozenset({0})),
    1: Witness(0.1, frozenset({1}), frozenset({0})),
    4: Witness(0.1, frozenset({1})),
}


def decision(*asked: int) -> Decision:
    parts = [part(expr, f"d{number}") for number, expr in enumerate(EXPRS)]
    return Decision(parts, atoms_of(parts), Choice(WITNESSES, (2, 3), {}), frozenset(asked))


def test_where_all_is_asked_nothing_is_open() -> None:
    asked = decision(0, 1, 2)
    assert asked.of({0}) == Candidates(sure=(3,))
    assert asked.of({0, 1}) == Candidates(sure=(0, 3, 4))
    assert asked.of({1}) == Candidates(sure=(1, 3, 4))
    assert asked.of({1, 2}) == Candidates(sure=(1, 2, 3))
    assert asked.of({0, 1, 2}) == Candidates(sure=(0, 1, 2, 3))


def test_what_was_not_asked_is_left_open() -> None:
    asked = decision(0, 1)
    assert asked.of({0, 1}) == Candidates((0, 3), ((1, 2), (2, 2), (4, ("not", 2))))
    assert asked.of({0}) == Candidates((3,), ((2, 2),))
    assert asked.of(set()) == Candidates((1, 3), ((2, 2),))


def test_other_atoms_add_their_detections_as_they_are() -> None:
    asked = decision(0)
    found = asked.of({0})
    assert found == Candidates((3,), ((0, 1), (2, 2)))
    more = asked.with_more(found, {1})
    assert more.sure == (3,)
    assert more.open[:2] == found.open
    assert dict(more.open[2:]) == {1: ("or", ("not", 0), ("and", 1, 2)), 4: ("and", 1, ("not", 2))}
    assert asked.with_more(more, {1}) == more
    assert asked.with_more(found, {2}) == found


def test_without_witness_and_without_facts_nothing_is_a_candidate() -> None:
    parts = [part(IsNull("text"))]
    alone = Decision(parts, atoms_of(parts), Choice({0: Witness(1, frozenset({0}))}, (), {}), {0})
    assert alone.of(set()) == NONE
    assert not NONE
    assert alone.of({0}).sure == (0,)
