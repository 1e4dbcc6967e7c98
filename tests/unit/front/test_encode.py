"""Modifiers that rewrite texts."""

from base64 import b64encode

import pytest

from tocsin.front.encode import (
    DASHES,
    ModifierError,
    base64,
    base64offset,
    settle,
    utf16,
    utf16be,
    wide,
    windash,
)
from tocsin.front.pattern import parse_pattern
from tocsin.ir.nodes import Wild


def test_windash_makes_every_dash_every_other() -> None:
    variants = windash(parse_pattern("cmd -a /b"))
    assert len(variants) == len(set(variants)) == 25
    assert ("cmd -a /b",) in variants
    assert all((f"cmd {one}a {other}b",) in variants for one in DASHES for other in DASHES)


@pytest.mark.parametrize("text", ["a-b", "no dash", "- x", "a -", "--", "a/b/c", "http://x"])
def test_windash_takes_only_dashes_at_a_word_start(text: str) -> None:
    expected = 5 if text == "http://x" else 1
    assert len(windash(parse_pattern(text))) == expected


def test_windash_leaves_wildcards() -> None:
    assert (Wild.MANY, "/a", Wild.ONE) in windash(parse_pattern("*-a?"))


def test_windash_has_a_limit() -> None:
    assert len(windash(("-a -b -c -d",))) == 625
    with pytest.raises(ModifierError, match="4 dashes in a value; this one has 5"):
        windash(("-a -b -c -d -e",))


def test_utf_16() -> None:
    assert wide(("ä🙂",)) == ["ä🙂".encode("utf-16-le")]
    assert utf16be(("ä🙂",)) == ["ä🙂".encode("utf-16-be")]
    assert utf16(("ab",)) == [b"\xff\xfea\x00b\x00"]


def test_base64_of_text_and_of_bytes() -> None:
    assert base64(("ä",)) == [("w6Q=",)]
    assert base64(b"\x00\x01") == [("AAE=",)]


def test_base64offset_of_a_known_text() -> None:
    assert base64offset(("foobar",)) == [("Zm9vYmFy",), ("Zvb2Jhc",), ("mb29iYX",)]


def test_base64offset_of_two_bytes_keeps_something_at_each_offset() -> None:
    variants = base64offset(("ab",))
    assert len(variants) == 3
    for offset, variant in enumerate(variants):
        text = b64encode(b"\xff" * offset + b"ab" + b"\xff").decode()
        assert isinstance(variant, tuple)
        assert str(variant[0]) in text


@pytest.mark.parametrize("text", ["", "a"])
def test_base64offset_of_less_than_two_bytes_says_nothing(text: str) -> None:
    with pytest.raises(ModifierError, match="at least two bytes"):
        base64offset(parse_pattern(text))


@pytest.mark.parametrize("modifier", [wide, utf16, utf16be, base64, base64offset])
def test_wildcards_have_no_bytes(modifier: object) -> None:
    assert callable(modifier)
    with pytest.raises(ModifierError, match="does not allow wildcards"):
        modifier(parse_pattern("a*"))


def test_bytes_that_are_no_text() -> None:
    assert settle(b"a\x00") == ("a\0",)
    with pytest.raises(ModifierError, match="base64offset"):
        settle(b"\xff\xfea\x00")
    with pytest.raises(ModifierError, match="UTF-16"):
        windash(b"a\x00")
