"""Which atoms are asked of every event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tocsin.ir.nodes import And, Expr, FieldRef, IsNull, Keyword, Leaf, Not, Or, Regex, Text
from tocsin_matcher.atoms import EVERY, ValuePlace, atoms_of
from tocsin_matcher.choice import (
    ABSENT_SHARE,
    TEST_COST,
    TEXT_COST,
    Choice,
    choose,
    guessed,
    measured,
)
from tocsin_matcher.witness import NO_COST
from unit.tocsin_matcher.questions import ANY, Event, atoms, part, text

LONG, SHORT = text("text", "longer words"), text("TEXT", "abc")
TEXT_AT, OTHER_AT = ValuePlace("text"), ValuePlace("TEXT")


def chosen(*exprs: Expr, events: Sequence[Event] = ()) -> Choice:
    parts = [part(expr, f"d{number}") for number, expr in enumerate(exprs)]
    found = atoms_of(parts)
    return choose(parts, found, measured(found, events) if events else guessed(found))


def word(*pattern: str) -> Keyword:
    return Keyword(Text((ANY, *pattern, ANY)))


def test_the_longer_a_literal_the_rarer_it_is_guessed() -> None:
    asked = atoms(LONG, SHORT, IsNull("text"), Leaf("text", Regex("ab|cde")))
    like = guessed(
        atoms_of([part(Or((LONG, SHORT, IsNull("text"), Leaf("text", Regex("ab|cde")))))])
    )
    assert [len(atom.guard) for atom in asked] == [1, 1, 0, 2]
    assert like.share == [0.5**12, 0.5**3, ABSENT_SHARE, 0.5**2 + 0.5**3]
    assert like.asking == [
        TEXT_COST * 0.5**12,
        TEXT_COST * 0.5**3,
        TEXT_COST,
        TEST_COST * (0.5**2 + 0.5**3),
    ]


def test_keywords_are_asked_where_lines_show_them_only() -> None:
    like = guessed(atoms_of([part(Or((word("enough"), word("x"), Keyword(Regex(".*")))))]))
    assert [cost == NO_COST for cost in like.asking] == [False, True, True]


def test_events_tell_the_shares() -> None:
    found = atoms_of([part(Or((LONG, text("text", ANY, "e", ANY), text("text", "never"), SHORT)))])
    events = [{"text": "longer words"}, {"text": "else"}, {"text": "x"}, {"text": ["x", "e"]}]
    like = measured(found, events)
    assert like.share[:2] == [1 / 4, 3 / 4]
    # What holds in none of them is rarer than what was guessed.
    assert like.share[2] == pytest.approx(0.5**5 / 4)
    assert like.varied == {TEXT_AT}
    assert not measured(found, [{"text": "x"}] * 10).varied


def test_of_two_conditions_the_rarer_is_asked() -> None:
    found = chosen(And((LONG, SHORT)))
    assert found.witnesses[0].holds == {0}
    assert list(found.asked) == [TEXT_AT]
    frequent = [{"text": "longer words", "TEXT": f"{n}"} for n in range(40)]
    learned = chosen(And((LONG, SHORT)), events=frequent)
    assert learned.witnesses[0].holds == {1}
    assert OTHER_AT in learned.asked


def test_a_place_of_one_detection_is_given_up_for_one_that_is_read_anyway() -> None:
    here, there = text("text", "abcdef"), text("TEXT", "abcdefgh")
    others = [text("text", f"some{number}") for number in range(20)]
    assert chosen(And((here, there))).witnesses[0].holds == {1}
    together = chosen(And((here, there)), *others)
    assert together.witnesses[0].holds == {0}
    assert list(together.asked) == [TEXT_AT]


@pytest.mark.parametrize(
    "expr",
    [
        Or((text("text", "abc"), word("x"))),
        Keyword(Regex(".*")),
        Not(And((text("text", "abc"), word("x")))),
    ],
)
def test_what_no_cheap_question_tells_is_looked_at_always(expr: Expr) -> None:
    found = chosen(LONG, expr)
    assert found.always == (1,)
    assert set(found.witnesses) == {0}


def test_one_of_all_scalars_is_asked_at_no_place() -> None:
    found = chosen(word("enough"), FieldRef("text", "TEXT"))
    assert [atom.number for atom in found.asked[EVERY]] == [0]
    assert len(found.asked) == 2


def test_more_is_asked_of_detections_that_match_often() -> None:
    frequent, other = text("text", ANY, "e", ANY), text("text", "else")
    events = [{"text": text_} for text_ in ("else", "e", "me", "be")] * 10
    found = chosen(And((frequent, Not(other))), events=events)
    assert {atom.number for atom in found.asked[TEXT_AT]} == {0, 1}
    rare = [{"text": "a"}] * 5000 + [{"text": "e"}]
    seldom = chosen(And((frequent, Not(other))), events=rare)
    assert {atom.number for atom in seldom.asked[TEXT_AT]} == {0}


def test_what_is_chosen_depends_on_the_shares_alone() -> None:
    parts = [part(And((LONG, SHORT)))]
    found = atoms_of(parts)
    like = guessed(found)
    turned = replace(like, share=like.share[::-1], asking=like.asking[::-1])
    assert choose(parts, found, like).witnesses[0].holds == {0}
    assert choose(parts, found, turned).witnesses[0].holds == {1}
