"""Moments out of texts and of numbers of units since 1970."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ir.text import number_text
from tocsin.ir.times import (
    FIRST,
    LAST,
    guess_millis,
    millis_text,
    parse_millis,
    time_value,
)
from tocsin.model.source import TimeUnit

NUMBERS = {
    TimeUnit.SECONDS: Fraction(1000),
    TimeUnit.MILLISECONDS: Fraction(1),
    TimeUnit.MICROSECONDS: Fraction(1, 1000),
    TimeUnit.NANOSECONDS: Fraction(1, 10**6),
}
"""Milliseconds of each unit."""


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("Z", 0), ("", 0), ("+00:00", 0), ("+0000", 0), ("+00", 0), ("-0530", -330), ("-05:30", -330)],
)
def test_offsets(zone: str, minutes: int) -> None:
    at = parse_millis(f"2026-01-01T08:00:00{zone}")
    assert at == 1767254400000 - minutes * 60_000


@pytest.mark.parametrize("zone", ["+0", "+000", "+00:0", "+00000", "+24", "+0060", " +0000", "z"])
def test_no_offsets(zone: str) -> None:
    assert parse_millis(f"2026-01-01T08:00:00{zone}") is None
    assert parse_millis(f"2026-01-01{zone}") is None


def test_a_date_has_no_offset() -> None:
    assert parse_millis("2026-01-01+0000") is None
    assert parse_millis("2026-01-01-01") is None


@pytest.mark.parametrize(
    ("text", "unit", "millis"),
    [
        ("1700000000", "s", 1700000000000),
        ("1700000000.123", "s", 1700000000123),
        ("1700000000.1239999", "s", 1700000000123),
        ("1700000000.1", "s", 1700000000100),
        ("0001700000000", "s", 1700000000000),
        ("-0.0001", "s", -1),
        ("-1.5", "s", -1500),
        ("-0", "ms", 0),
        ("1700000000123", "ms", 1700000000123),
        ("1700000000123.9", "ms", 1700000000123),
        ("-1.1", "ms", -2),
        ("1700000000123456", "us", 1700000000123),
        ("999", "us", 0),
        ("-1", "us", -1),
        ("-1000", "us", -1),
        ("-1001", "us", -2),
        ("1700000000123456789", "ns", 1700000000123),
        ("253402300799999999999", "ns", LAST),
        ("253402300799.9999", "s", LAST),
        ("253402300800", "s", None),
        ("-62135596800", "s", FIRST),
        ("-62135596800.0001", "s", None),
        ("1e9", "s", None),
        ("+1700000000", "s", None),
        ("1700000000.", "s", None),
        (".5", "s", None),
        (" 1700000000", "s", None),
        ("1700000000\n", "s", None),
        ("1_700_000_000", "s", None),
        ("٣", "s", None),
        ("", "s", None),
        ("-", "s", None),
        ("9" * 5000, "s", None),
        ("2026-01-01T00:00:00Z", "s", None),
        ("1700000000", "", None),
    ],
)
def test_numbers_of_a_unit(text: str, unit: str, millis: int | None) -> None:
    assert parse_millis(text, TimeUnit(unit)) == millis


@given(st.decimals(-(10**19), 10**19, places=7), st.sampled_from(list(NUMBERS)))
def test_the_moment_is_the_floor_of_the_exact_number(number: object, unit: TimeUnit) -> None:
    text = f"{number:f}"
    exact = floor(Fraction(text) * NUMBERS[unit])
    assert parse_millis(text, unit) == (exact if FIRST <= exact <= LAST else None)


@given(st.integers(-(10**13), 10**13), st.sampled_from(TimeUnit))
def test_a_time_is_read_as_it_was_written(millis: int, unit: TimeUnit) -> None:
    value = time_value(millis, unit)
    text = value if isinstance(value, str) else number_text(value)
    assert parse_millis(text, unit) == millis


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1700000000", "2023-11-14T22:13:20.000Z"),
        ("1700000000.5", "2023-11-14T22:13:20.500Z"),
        ("1700000000123", "2023-11-14T22:13:20.123Z"),
        ("1700000000123456", "2023-11-14T22:13:20.123Z"),
        ("1700000000123456789", "2023-11-14T22:13:20.123Z"),
        ("2023-11-14T22:13:20+0000", "2023-11-14T22:13:20.000Z"),
    ],
)
def test_undeclared_units_go_by_size(text: str, moment: str) -> None:
    found = guess_millis(text)
    assert found is not None
    assert millis_text(found) == moment


@pytest.mark.parametrize("text", ["5", "20260101", "20260101083000", "-1700000000", "soon", ""])
def test_what_is_no_time_of_our_days_is_not_guessed(text: str) -> None:
    assert guess_millis(text) is None
