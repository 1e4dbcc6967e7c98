"""A text in some languages and in none of others."""

from __future__ import annotations

import pytest

from tocsin.direction.effort import Effort, OutOfEffortError
from tocsin.direction.inclusion import find
from tocsin.direction.languages import LAST_CASED, language
from tocsin.ir.codepoints import LAST
from tocsin.ir.nodes import Cidr, Regex, Test, Text, Wild
from tocsin.ir.text import fold

MANY, ONE = Wild.MANY, Wild.ONE


def found(required: list[Test], excluded: list[Test]) -> str | None:
    one, other = (
        [node for test in tests if (node := language(test)) is not None]
        for tests in (required, excluded)
    )
    return find(one, other, Effort(1_000_000))


@pytest.mark.parametrize(
    ("test", "other"),
    [
        (Text(("a", MANY, "b")), Text((MANY, "b"))),
        (Text(("a", ONE)), Text(("a", MANY))),
        (Text(("a", ONE)), Regex("^.{2}$", "s")),
        (Text((MANY, "kernel", MANY)), Text((MANY, "ern", MANY))),
        (Text(("ab",), cased=True), Text(("ab",))),
        (Regex("^ab+$"), Regex("ab")),
        (Regex(r"\bfoo\b"), Regex("foo")),
        (Regex("(?m)^a$"), Regex("(^|\n)a")),
        (Regex("^[0-9]{4,}$"), Regex("^[0-9]{3,}$")),
        (Regex("ab", "i"), Text((MANY, "ab", MANY))),
        (Cidr("10.1.0.0/16"), Text(("10.1.", MANY))),
        (Cidr("10.1.0.0/16"), Cidr("10.0.0.0/8")),
        (Regex("a\\z"), Regex("a$")),
        (Regex("a$"), Regex("a\\z")),
    ],
)
def test_one_language_is_in_another(test: Test, other: Test) -> None:
    assert found([test], [other]) is None


@pytest.mark.parametrize(
    ("test", "other", "text"),
    [
        (Text((MANY, "b")), Text(("a", MANY, "b")), "b"),
        (Text((ONE,)), Text((MANY, "a", MANY)), "b"),
        (Text(("k",)), Regex("^[kK]$"), "\u212a"),
        (Text(("ab",)), Text(("ab",), cased=True), "aB"),
        (Regex("foo"), Regex(r"\bfoo\b"), "afoo"),
        (Text(("10.1.", MANY)), Cidr("10.1.0.0/16"), "10.1."),
        (Regex("^.$", "s"), Regex("^.$"), "\n"),
        (Regex("a$", "m"), Regex("a$"), "a\n"),
    ],
)
def test_a_text_tells_two_languages_apart(test: Test, other: Test, text: str) -> None:
    assert found([test], [other]) == text


def test_a_union_may_take_what_none_of_its_parts_does() -> None:
    halves: list[Test] = [Regex("^[0-4]"), Regex("^[5-9]")]
    assert found([Regex("^[0-9]$")], halves) is None
    assert found([Regex("^[0-9]$")], halves[:1]) == "5"


def test_several_languages_may_have_a_text_in_common() -> None:
    assert found([Text(("a", MANY)), Text((MANY, "z")), Regex("[0-9]")], []) == "a0z"
    assert found([Text(("a", MANY)), Text(("b", MANY))], []) is None


def test_what_takes_too_long_is_not_answered() -> None:
    with pytest.raises(OutOfEffortError):
        find([node for node in [language(Regex("(a|b)*a(a|b){12}"))] if node], [], Effort(10))


def test_no_letter_beyond_the_last_has_another_case() -> None:
    assert all(fold(chr(code)) == chr(code) for code in range(LAST_CASED + 1, LAST + 1))
