"""What `java.util.regex` is given takes time linear in the text, and finds what RE2 finds."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from java_regex import finds
from tocsin.errors import Unsupported
from tocsin.ir.backtracking import linear
from tocsin.ir.leaf import regex

TAKEN = [
    "x", "x*y", "x*x*x*x", "x+", "a.*b", "a.*b.*c", "(?s)a.*b.*c", "^a.*b", "(?m)^a.*b$", "a.*",
    ".*a.*", "a[0-9]+b", r"cmd\s+/c\s+x", r"a.+b.+c", "(?:a.*b|c.*d)", r"a\s*b", "a.{2,}b", "ab?c",
    "a.{1,64}b", "(?:ab|ac).*(?:de|df)", "x{3}y{2,5}z", r"\ba.*b\b", "a(?:.*b)?c", "^.*a$",
    r"\$\{.*\}.*x", "[ab]*[cd]+[ab]", "(a|b)(c|d)", "", "^-[a-z]*[ec][a-z]*$", "^1[ab]*a[ab]*0c",
    "a[ab]*b[ab]*0", "a.{0,3}(?:bc|d).+(?:e|fg)?.*c", "(?:a|bc)x?.*(?:cd|e).*(?:a|$)",
]  # fmt: skip
REFUSED = [
    "(?:a*)*b", "(?:a|a)*b", "(?:a+b?)*c", r"a\s*.*b", "a.*[0-9]*b", "a(?:.{1,30}){1,30}x",
    "(?:x{0,190}){3}x{0,190}y", "a(?:b.*)+c", "a[ab]*a[abc]*d",
]  # fmt: skip
LENGTH = 4_000
TEXTS = ["x", "a", "ab", "abc", " ", "cmd /c ", "a\n", "0", "a1", "ab\ncd", "${a}", "acde", "\n"]


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_tries_many_ways_is_refused(pattern: str) -> None:
    with pytest.raises(Unsupported) as no:
        linear(pattern)
    assert no.value.reason == "backtracks"


def test_the_loop_between_pieces_stops_at_the_first_place() -> None:
    assert linear("a.*b.*c") == r"(?<![^\n])(?>[^\n]*?a)(?>[^\n]*?b)(?>[^\n]*?c)"
    assert linear("x*y") == "y"
    assert linear(r"^a.*b.*c$") == r"\Aa(?>[^\n]*?b)(?>[^\n]*?c\z)"


def test_looks_grow_with_the_text_alone(tmp_path: Path) -> None:
    asked = [
        (linear(pattern), (part * LENGTH * size)[: LENGTH * size])
        for pattern, part, size in product(TAKEN, TEXTS, (1, 2))
    ]
    found = finds(tmp_path, asked)
    for (pattern, text), (_, few), (_, many) in zip(
        asked[::2], found[::2], found[1::2], strict=True
    ):
        assert min(few, many) >= 0, (pattern, text[:9])
        assert many <= max(2.2 * few, 10 * 2 * LENGTH), (pattern, text[:9], few, many)
    assert max(looks for _, looks in found) < 2 * LENGTH * 300


PIECES = [
    "a",
    "b",
    "c",
    ".",
    "[ab]",
    r"\s",
    "x?",
    "(?:ab|c)",
    r"\b",
    "(?:a|bc)",
    "^",
    "$",
    "(?m:^)",
]
LOOPS = [".*", ".+", "[ab]*", r"\s*", "(?s:.*)", "[^a]*", ".{2,}", "a*", ".*?", "x{0,3}"]


@st.composite
def _patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from(PIECES) | st.sampled_from(LOOPS), min_size=1, max_size=7))
    return "".join(parts)


def test_it_finds_what_re2_finds(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    wanted: list[tuple[str, str, bool]] = []

    @given(_patterns(), st.lists(st.text("abcx \n\U0001f600", max_size=9), min_size=6, max_size=6))
    @settings(max_examples=1500)
    def collect(pattern: str, texts: list[str]) -> None:
        try:
            java = linear(pattern)
        except Unsupported:
            return
        asked.extend((java, text) for text in texts)
        search = regex(pattern).search
        wanted.extend((pattern, text, search(text) is not None) for text in texts)

    collect()
    got = finds(tmp_path, asked)
    wrong = [
        (w, java) for w, (java, _), (g, _) in zip(wanted, asked, got, strict=True) if w[2] != g
    ]
    assert not wrong, wrong[:5]
    assert len({pattern for pattern, _, _ in wanted}) > 400
    assert 0.2 < sum(g for g, _ in got) / len(got) < 0.9
