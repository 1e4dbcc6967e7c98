"""Atoms as questions to texts and values, each answered once."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.ir.leaf import passes
from tocsin.ir.nodes import Expr, FieldRef, How, IsNull, Keyword, Leaf, Regex, Text
from tocsin_matcher import check
from tocsin_matcher.check import Fact, check_of
from unit.tocsin_matcher.questions import ANY, atoms, text

TEXTS = (
    *("", "cat", "CATS", "a dog's", "dogs and foo then bar", "bar, then foo", "FOO-BAR"),
    *("a\u017fk", "a\u212aa", "foo\nbar", "x" * 500),
)


@pytest.mark.parametrize(
    "test",
    [
        Regex("foo.*bar"),
        Regex("foo.*bar", "is"),
        Regex("(cat|dog)s"),
        Regex("(cat|dog).*(foo|bar)"),
        Regex("ask", "i"),
        Regex("aka", "i"),
        Regex("^$"),
        Regex("x{400}"),
    ],
)
def test_looking_for_literals_first_changes_no_answer(test: Regex) -> None:
    [atom] = atoms(Leaf("text", test))
    assert list(map(check_of(atom), TEXTS)) == [passes(test, each) for each in TEXTS]


@pytest.mark.parametrize("expr", [IsNull("text"), FieldRef("text", "TEXT")])
def test_what_is_asked_of_whole_values_is_no_question_to_a_text(expr: Expr) -> None:
    [atom] = atoms(expr)
    with pytest.raises(TypeError):
        check_of(atom)


@pytest.mark.parametrize(
    ("expr", "value", "holds"),
    [
        (IsNull("text"), None, True),
        (IsNull("text"), (), False),
        (IsNull("text"), "", False),
        (text("text", "b"), ("a", "B"), True),
        (text("text", "b"), (), False),
        (text("text", "b"), None, False),
        (text("text", "5"), 5, True),
        (FieldRef("text", "TEXT"), ("a", "A"), True),
        (FieldRef("text", "TEXT", cased=True), ("a", "A"), False),
        (FieldRef("text", "TEXT", How.CONTAINS), ("xAy", "a"), True),
        (FieldRef("text", "TEXT", How.CONTAINS), ("a", "xAy"), False),
        (FieldRef("text", "TEXT"), (None, None), False),
        (FieldRef("text", "TEXT"), (("a", "b"), ("c", "B")), True),
        (Keyword(Text((ANY, "word", ANY))), ("a", "two WORDS"), True),
        (Keyword(Text((ANY, "word", ANY))), ("wo", "rd"), False),
        (Keyword(Text(("word",))), ("word ", "a word"), False),
        (Keyword(Text((ANY,))), (), False),
    ],
)
def test_facts(expr: Expr, value: Any, holds: bool) -> None:  # noqa: FBT001 - a column of the table
    [atom] = atoms(expr)
    fact = Fact(atom)
    assert [fact(value), fact(value)] == [holds, holds]


def test_a_value_is_asked_once_and_no_more_are_kept_than_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check, "MOST_KNOWN", 3)
    asked: list[str] = []

    def holds(each: str) -> bool:
        asked.append(each)
        return True

    monkeypatch.setattr(check, "check_of", lambda _: holds)
    [atom] = atoms(text("text", "a"))
    fact = Fact(atom)
    assert all(fact(each) for each in "abab")
    assert asked == ["a", "b"]
    assert all(fact(each) for each in "cdefabcdef")
    assert len(asked) < len("ababcdefabcdef")
    assert len(fact._known) <= 4


def test_scalars_of_events_are_not_kept() -> None:
    [atom] = atoms(Keyword(Text((ANY, "word", ANY))))
    fact = Fact(atom)
    assert fact(("word",))
    assert not fact._known
