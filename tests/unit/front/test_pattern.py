"""Texts of rules to patterns."""

import pytest

from tocsin.front.pattern import folded, literal, normal, parse_pattern
from tocsin.ir.leaf import glob
from tocsin.ir.nodes import Pattern, Wild

MANY, ONE = Wild.MANY, Wild.ONE


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("", ()),
        ("abc", ("abc",)),
        ("*", (MANY,)),
        ("**", (MANY,)),
        ("*?*", (ONE, MANY)),
        ("*??", (ONE, ONE, MANY)),
        ("a*b?c", ("a", MANY, "b", ONE, "c")),
        (r"a\*b", ("a*b",)),
        (r"a\?b", ("a?b",)),
        (r"a\\*b", ("a\\", MANY, "b")),
        (r"a\\\*b", ("a\\*b",)),
        (r"a\\\\b", (r"a\\b",)),
        (r"\a\b", (r"\a\b",)),
        ("a\\", ("a\\",)),
        (r"\\", ("\\",)),
        (r"C:\*\x", (r"C:*\x",)),
    ],
)
def test_wildcards_and_escapes(text: str, pattern: Pattern) -> None:
    assert parse_pattern(text) == pattern


def test_normal_form_joins_literals_and_drops_empty_ones() -> None:
    assert normal(["a", "", "b", MANY, "", MANY, "c"]) == ("ab", MANY, "c")


def test_folding_leaves_wildcards() -> None:
    assert folded(("AÄ", MANY, "İ", ONE)) == ("aä", MANY, "i", ONE)


def test_only_a_pattern_without_wildcards_is_a_literal() -> None:
    assert literal(("a*",)) == "a*"
    assert literal(()) == ""
    assert literal(("a", MANY)) is None


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ((ONE,), ["a", "\n", "🙂"], ["", "ab"]),
        ((ONE, MANY), ["a", "ab"], [""]),
        (("ab", MANY, "ba"), ["abba", "ab-ba"], ["aba", "ab", "xabba"]),
        (("a", ONE, "c"), ["abc", "a\nc"], ["ac", "abbc"]),
        ((MANY, "ab", ONE, "b", MANY), ["abab", "xxabxbyy", "abaabxb"], ["abb", "xab"]),
        ((MANY, "aa", MANY, "aa", MANY), ["aaaa", "aaxaa"], ["aaa"]),
        (("a", MANY, "b", MANY, "c"), ["abc", "axbxc"], ["acb", "ab", "abcx"]),
    ],
)
def test_matching(pattern: Pattern, yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not glob(pattern, text)] == []
    assert [text for text in no if glob(pattern, text)] == []


def test_many_stars_stay_fast() -> None:
    pattern = normal([MANY, *[part for _ in range(50) for part in ("a", MANY)], "b"])
    assert not glob(pattern, "a" * 20_000)
