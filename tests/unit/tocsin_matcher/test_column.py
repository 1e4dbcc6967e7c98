"""The values of one place, sorted into classes by what holds of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tocsin.ir.nodes import Cidr, Compare, Expr, FieldRef, How, IsNull, Leaf, Op, Regex, Text, Wild
from tocsin_matcher import column as module
from tocsin_matcher.atoms import Pair, ValuePlace
from tocsin_matcher.column import Pairs, PlaceValues, column
from unit.tocsin_matcher.questions import ANY, atoms, holds, text

PLACE = ValuePlace("text")
TESTS: tuple[Expr, ...] = (
    IsNull("text"),
    text("text"),
    text("text", "cmd"),
    text("text", "cmd", cased=True),
    text("text", "cmd", ANY),
    text("text", ANY, "cmd"),
    text("text", ANY, "cmd", ANY),
    text("text", ANY, "cmd", ANY, "ask", ANY),
    text("text", "c", Wild.ONE, "d"),
    text("text", ANY, "ask", ANY),
    text("text", ANY),
    Leaf("text", Regex("c.d$")),
    Leaf("text", Regex("ASK", "i")),
    Leaf("text", Regex(".")),
    Leaf("text", Compare(Op.GTE, 5)),
    Leaf("text", Cidr("10.0.0.0/8")),
)
VALUES: tuple[Any, ...] = (
    *(None, "", "cmd", "CMD", "xcmd", "cmdx", "xCMDx", "cmd cmd", "cmd, then ask", "c\u20acd"),
    # Searching takes the long s for an s, comparing does not; the Kelvin sign is a k for both.
    *("a\u017fk", "as\u212a", "\u0130cmd", "cmd\u0130", "10.1.2.3", "4", "5", 5, 4, 2**70),
    *(["cmd", "x"], ["x", 5], [None, "ask"], {}, {"a": 1}, [None], [], [{}]),
)


def as_column(value: Any) -> Any:
    """A list as columns have it."""
    if isinstance(value, list | dict):
        members = [each for each in value if each is not None]
        kept = tuple(str(each) for each in members if not isinstance(each, dict))
        return () if isinstance(value, dict) else kept if members else None
    return value


def test_just_the_right_atoms_hold_of_each_value() -> None:
    classes = PlaceValues(PLACE, atoms(*TESTS))
    found = classes.holding(list(map(as_column, VALUES)))
    for value, atoms_found in zip(VALUES, found, strict=True):
        wanted = {n for n, test in enumerate(TESTS) if holds(test, {"text": value})}
        assert atoms_found == wanted, repr(value)


def test_texts_alone_are_answered_as_among_others() -> None:
    texts = [value for value in VALUES if isinstance(value, str)]
    one, other = (PlaceValues(PLACE, atoms(*TESTS)) for _ in range(2))
    assert list(one.holding(texts)) == list(other.holding([*texts, None]))[:-1]


def test_equal_sets_are_one_class_and_known_values_keep_theirs() -> None:
    classes = PlaceValues(PLACE, atoms(text("text", "a"), text("text", ANY, "b", ANY)))
    first = classes.numbers(["a", "x", "A", "y", "ab", "a"])
    assert (first[0], first[1], first[0]) == (first[2], first[3], first[5])
    assert len({first[0], first[1], first[4]}) == 3
    assert [classes.members[number] for number in first[:2]] == [{0}, frozenset()]
    assert classes.members[first[4]] == {1}
    assert classes.numbers(["new", "a", "x", "ab"]) == [first[1], first[0], first[1], first[4]]


def test_only_so_much_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", 5)
    monkeypatch.setattr(module, "LONGEST_KNOWN", 10)
    classes = PlaceValues(PLACE, atoms(text("text", ANY, "b", ANY)))
    long = "b" * 11
    assert classes.numbers([long, "b" * 10]) == [classes.numbers(["b"])[0]] * 2
    assert long not in classes.known
    for number in range(20):
        assert classes.members[classes.numbers([f"b{number}"])[0]] == {0}
    assert len(classes.known) <= 6


def test_tests_that_were_run_are_counted_where_that_is_asked() -> None:
    classes = PlaceValues(PLACE, atoms(Leaf("text", Regex("b.b")), Leaf("text", Regex("."))))
    classes.asked = Counter()
    classes.holding(["a", "b", "bab bab"])
    # The first once a text that has its literal, however often.
    assert classes.asked[1] == 3
    assert 1 <= classes.asked[0] <= 2


@pytest.mark.parametrize(
    ("one", "other"), [("a", "A"), ("xAy", "a"), (("a", "b"), ("c", "B")), (None, None), ((), "a")]
)
def test_pairs_are_compared(one: Any, other: Any) -> None:
    refs = [FieldRef("text", "TEXT", how, cased) for how in How for cased in (False, True)]
    where = Pair(ValuePlace("text"), ValuePlace("TEXT"))
    classes = column(where, atoms(*refs))
    assert isinstance(classes, Pairs)
    listed = [list(each) if isinstance(each, tuple) else each for each in (one, other)]
    event = {"text": listed[0] if listed[0] != [] else {}, "TEXT": listed[1]}
    wanted = {number for number, ref in enumerate(refs) if holds(ref, event)}
    assert list(classes.holding([(one, other)])) == [wanted]


def test_a_column_is_of_what_it_looks_at() -> None:
    made = column(PLACE, atoms(Leaf("text", Text(("a",)))))
    assert isinstance(made, PlaceValues)
    assert made.where == PLACE
