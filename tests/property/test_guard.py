"""Guards: a text that passes a test holds one of its guard's literals, in search form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from differential.literals import texts
from differential.regexes import FLAGS, regexes
from tocsin.ir.leaf import passes, regex
from tocsin.ir.nodes import Regex, Text, Wild
from tocsin.pack.guard import guard_of, search_form

patterns = st.lists(texts.filter(bool) | st.sampled_from(Wild), max_size=4).map(tuple)


def _guarded(test: Regex | Text, text: str) -> bool:
    guard = guard_of(test)
    return not guard or any(literal in search_form(text) for literal in guard)


@settings(max_examples=1500)
@given(regexes(), texts)
def test_of_regular_expressions(made: tuple[Regex, str], text: str) -> None:
    test, hit = made
    for each in (hit, text):
        if passes(test, each):
            assert _guarded(test, each)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?i)pass", "pa\u017fs"),
        (r"(?i)kit", "\u212ait"),
        (r"x{,3}y", "x{,3}y"),
        (r"[[:alpha:]]x]", "ax]"),
        (r"\\PGMess", r"\PGMess"),
        (r"\Qa.b\E", "a.b"),
        (r"a|", ""),
        (r"(ab|cd)*", ""),
        (r"(?:ab){2}|\pL", "x"),
    ],
)
def test_of_traps(pattern: str, text: str) -> None:
    assert passes(Regex(pattern), text)
    assert _guarded(Regex(pattern), text)


@given(st.sampled_from(FLAGS), texts)
def test_of_literal_expressions(flags: str, text: str) -> None:
    literal = "".join(char for char in text if char.isalnum() and char.isascii())
    if literal:
        regex(literal, flags)
        assert guard_of(Regex(literal, flags)) == (literal.lower(),)


@given(patterns, texts)
def test_of_patterns(pattern: tuple[str | Wild, ...], text: str) -> None:
    for cased in (True, False):
        test = Text(pattern, cased)
        if passes(test, text):
            assert _guarded(test, text)


def test_the_best_part_is_taken() -> None:
    assert guard_of(Regex(r"\s(-enc|/e)\w+ hidden.*x")) == (" hidden",)
    assert guard_of(Regex("(curl|wget)s? ")) == ("curl", "wget")
    assert guard_of(Regex(r"[0-9a-f]{4}\.exe$")) == (".exe",)
    assert guard_of(Regex(".{20}")) == ()
    assert guard_of(Text((Wild.MANY, "ab", Wild.ONE, "longer"), cased=True)) == ("longer",)
