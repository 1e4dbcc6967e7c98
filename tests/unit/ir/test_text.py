"""Text forms, folding, field look-up."""

import sys
from typing import Any

import pytest

from tocsin.ir.text import fold, lookup, number_text, parse_number, scalars, texts, walk


def test_folding_is_by_code_point_for_every_code_point() -> None:
    folded = [fold(chr(n)) for n in range(sys.maxunicode + 1)]
    assert set(map(len, folded)) == {1}
    assert fold("".join(folded)) == "".join(folded)


def test_folding_knows_no_context_and_no_locale() -> None:
    assert fold("ΟΔΟΣ") == "οδοσ"
    assert fold("İI") == "ii"
    assert fold("ẞß") == "ßß"
    assert fold("ǅ") == "ǆ"
    assert fold("a\ud800B") == "a\ud800b"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5, "5"),
        (5.0, "5"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (1e-7, "0.0000001"),
        (5e-324, "0." + "0" * 323 + "5"),
        (2**63 - 1, "9223372036854775807"),
        (-(2**63), "-9223372036854775808"),
        (2**63, "9223372036854775808"),
        (2**64 - 1, "18446744073709551615"),
        (2**64, "18446744073709552000"),
        (2**53 + 1, "9007199254740993"),
        (123456789.125, "123456789.125"),
    ],
)
def test_numbers(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, None),
        ("", ("",)),
        ("5.0", ("5.0",)),
        (True, ("true",)),
        ({}, ()),
        ({"a": 1}, ()),
        ([], None),
        ([None], None),
        ([None, 1, "a", False], ("1", "a", "false")),
        ([[]], ()),
        ([{"a": 1}, "b"], ("b",)),
    ],
)
def test_text_forms(value: Any, found: tuple[str, ...] | None) -> None:
    assert texts(value) == found


def test_look_up() -> None:
    event = {"a": {"b": {"c": 1}, "x.y": 2}, "a.b": None, "l": [{"b": 3}], "": {"": 4}}
    assert lookup(event, "a.b") is None
    assert lookup(event, "a.b.c") == 1
    assert lookup(event, "a.x.y") is None
    assert lookup(event, "l.b") is None
    assert lookup(event, ".") == 4
    assert lookup(event, "a.b.c.d") is None
    assert walk(event, ("a", "x.y")) == 2


def test_all_scalars_in_order() -> None:
    event = {"a": [1, {"b": "x"}, [True]], "c": None, "d": {"e": {}}, "f": "z"}
    assert list(scalars(event)) == ["1", "x", "true", "z"]


def test_scalars_of_an_event_deeper_than_the_stack() -> None:
    deep: Any = "bottom"
    for _ in range(50_000):
        deep = [{"a": deep}]
    assert list(scalars(deep)) == ["bottom"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("-5", -5),
        ("007", 7),
        ("-0", 0),
        ("5.50", 5.5),
        ("1e3", 1000.0),
        ("1.5e-3", 0.0015),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2**63),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", float(2**64)),
        ("0" * 30 + "5", 5.0),
    ],
)
def test_texts_that_are_numbers(text: str, number: float) -> None:
    found = parse_number(text)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "5 ", " 5", "5\n", "+5", ".5", "5.", "5e", "e5", "5E3", "1_0", "1,0", "0x1"),
        *("5d", "5f", "inf", "-inf", "nan", "Infinity", "1e999", "9" * 400, "--5", "5-", "true"),
        *("\u0665", "\u00bd", "\u00b2", "\uff15"),
    ],
)
def test_texts_that_are_no_numbers(text: str) -> None:
    assert parse_number(text) is None
