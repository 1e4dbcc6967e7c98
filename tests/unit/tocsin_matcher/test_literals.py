"""Many literals found in many texts, at their places."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tocsin.pack.guard import search_form
from tocsin_matcher.literals import LiteralHit, Literals


def slowly(literals: Sequence[str], texts: Sequence[str]) -> list[LiteralHit]:
    """Every place of every literal, by looking at each."""
    return sorted(
        (number, which, begin, begin + len(literal))
        for number, text in enumerate(texts)
        for which, literal in enumerate(literals)
        for begin in range(len(text))
        if search_form(text)[begin : begin + len(literal)] == literal
    )


@pytest.mark.parametrize(
    ("literals", "texts"),
    [
        (["ab", "b", "abc"], ["xabc", "", "B", "abAB", "bab"]),
        (["aa"], ["aaaa", "a", "aa"]),
        (["a", "ab"], ["ÄÖab", "€a", "\U0001f642ab\U0001f642a"]),
        (["ask", "i"], ["A\u017fK", "\u0130\u0130i", "as\u212a"]),
        (["b", "?"], ["a\ud800b", "?"]),
        (["x"], []),
        (["x"], ["", "", ""]),
    ],
)
def test_all_places_are_found_in_code_points(literals: list[str], texts: list[str]) -> None:
    found = sorted(Literals(literals).hits(texts))
    if any("\ud800" in text for text in texts):  # a half pair is taken for a question mark
        texts = [text.replace("\ud800", "?") for text in texts]
    assert found == slowly(literals, texts)


def test_nothing_is_found_across_the_ends_of_texts() -> None:
    literals = ["a\0b", "b\0", "\0", "ab"]
    texts = ["a", "b", "", "a\0b", "ab"]
    assert sorted(Literals(literals).hits(texts)) == slowly(literals, texts)
