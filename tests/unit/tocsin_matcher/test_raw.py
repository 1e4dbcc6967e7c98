"""Keywords in raw lines: no line is passed over that may have one."""

from __future__ import annotations

import json

import pytest

from tocsin.ir.nodes import Keyword, Regex, Text
from tocsin.pack.guard import search_form
from tocsin_matcher.raw import ESCAPED, RawLines, raw_guard
from unit.tocsin_matcher.questions import ANY, atoms


@pytest.mark.parametrize(
    ("guard", "looked_for"),
    [
        (("power shell",), ("power shell",)),
        (('say "hello"',), ("hello",)),
        (("c:\\windows\\system32",), ("system32",)),
        (("/etc/passwd",), ("passwd",)),
        (("straße",), ("stra",)),
        (("1.5 gb",), ("1.5 gb",)),
        # Nothing of it is long enough, or its text in the line may be another.
        (("ab",), ()),
        (('ab"cd',), ()),
        (("äöüß",), ()),
        (("1234567",), ()),
        (("1e+9",), ()),
        (("abc", "ab"), ()),
        ((), ()),
    ],
)
def test_what_stands_in_a_line_as_it_is(
    guard: tuple[str, ...], looked_for: tuple[str, ...]
) -> None:
    assert raw_guard(guard) == looked_for


def test_any_character_that_may_hide_a_letter_is_seen_where_it_is_escaped() -> None:
    for number in range(0xD800):
        if search_form(chr(number)).isascii():
            for escaped in (b"\\u%04x", b"\\u%04X"):
                assert ESCAPED.search(escaped % number), hex(number)
    assert not ESCAPED.search(b"\\u00e4\\u20ac")


def test_lines_that_may_have_a_keyword() -> None:
    word, either = Keyword(Text((ANY, "word", ANY))), Keyword(Regex("alpha|omega"))
    matcher = RawLines(atoms(word, either))
    lines = [
        b'{"a": "no"}',
        b'{"a": "two WORDS"}',
        b'{"a": "omega", "b": {"c": ["word"]}}',
        '{"a": "Ωmega"}'.encode(),
        json.dumps({"a": "Ω"}).encode(),
        b'{"a": "\\u0077ord"}',
        b'{"a": "\xffword"}',
    ]
    assert matcher.atoms(lines) == {1: {0}, 2: {0, 1}, 5: {0, 1}, 6: {0}}
