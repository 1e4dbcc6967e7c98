"""Regular expressions of RE2 together with texts that they probably find something in."""

from __future__ import annotations

import re

import re2
from hypothesis import strategies as st

from differential.literals import plain_words, words
from tocsin.ir.leaf import regex
from tocsin.ir.nodes import Regex

ATOMS: tuple[tuple[str, str], ...] = (
    (".", "aK1é\U0001f600"),
    (r"\d", "7٣"),
    (r"\D", "a٣"),
    (r"\w", "_aé"),
    (r"\W", "-é "),
    (r"\s", " \t\n\x0b\xa0"),
    (r"\S", "a\xa0"),
    ("[a-c]", "bB"),
    ("[^a-c]", "Kd\n"),
    (r"[\]\-^]", "]^-"),
    ("[[:upper:]]", "Aa\u0130"),
    ("[[:punct:]%]", "%_'"),
    (r"\pL", "\u03c3a1"),
    (r"\PL", "1\U00010400"),
    (r"\p{Greek}", "\u03a3\u03c2"),
    (r"\x{1F600}", "\U0001f600"),
    (r"\x00", "\0"),
    ("(?i:k)", "k\u212a"),
    ("(?i:\u00df)", "\u00df\u1e9e"),
    ("(?i:s)", "S\u017f"),
    ("(?i:\u03c3)", "\u03c2\u03a3"),
    ("(?s:.)", "\na"),
    (r"\Q.*\E", "."),
    ("é", "éÉ"),
    (r"\t", "\t"),
    (r"\n", "\n"),
)
WIDTHLESS = ("^", "$", r"\A", r"\z", r"\b", "(?m:^)", "(?m:$)", "()")
REPEATS = (
    ("", 1),
    ("", 1),
    ("", 1),
    ("?", 0),
    ("*", 2),
    ("+", 2),
    ("{2}", 2),
    ("{1,3}", 3),
    ("*?", 0),
)
FLAGS = ("", "", "", "i", "s", "m", "im", "is", "ims")


@st.composite
def _pieces(draw: st.DrawFn) -> tuple[str, str, str]:
    """An atom, how often it is repeated, and a text for that."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(WIDTHLESS)), "", ""
    if kind < 4:
        text = draw(plain_words | words)
        return re2_literal(text), "", text
    atom, samples = draw(st.sampled_from(ATOMS))
    repeat, count = draw(st.sampled_from(REPEATS))
    return atom, repeat, draw(st.sampled_from(samples)) * count


def re2_literal(text: str) -> str:
    """The text as a pattern."""
    return "".join(c if c.isalnum() and c.isascii() else f"\\x{{{ord(c):X}}}" for c in text)


@st.composite
def _sequences(draw: st.DrawFn) -> tuple[str, str]:
    pieces = draw(st.lists(_pieces(), min_size=1, max_size=4))
    pattern = "".join(atom + repeat for atom, repeat, _ in pieces)
    text = "".join(text for _, _, text in pieces)
    way = draw(st.integers(0, 7))
    if way == 0:
        atom, repeat, _ = draw(_pieces())
        return f"(?:{pattern}|{atom}{repeat})", text
    if way == 1:
        return f"^{pattern}$", text
    return (f"(?P<n>{pattern})", text) if way == 2 else (pattern, text)


@st.composite
def regexes(draw: st.DrawFn) -> tuple[Regex, str]:
    """A pattern that RE2 takes, and a text near it."""
    pattern, text = draw(_sequences())
    flags = draw(st.sampled_from(FLAGS))
    try:
        regex(pattern, flags)
    except re2.error:
        pattern = re2_literal(text)
    return Regex(pattern, flags), text


WITNESSES: dict[Regex, str] = {}
"""The text that came with a pattern."""


@st.composite
def remembered(draw: st.DrawFn) -> Regex:
    """A pattern whose text `witness` knows."""
    test, text = draw(regexes())
    WITNESSES[test] = text
    return test


def witness(test: Regex) -> str:
    """A text that the pattern probably finds something in."""
    return WITNESSES.get(test) or re.sub(r"\\[AzbQE]|[\^$()?*+|\\]", "", test.pattern)
