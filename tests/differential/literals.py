"""Texts, numbers, times and addresses that engines are known to take differently."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from tocsin.ir.text import fold

ALPHABET = (
    "aAbBkKiIsSxX1250.-+e:TZ/\\%_*?'\"`!~^#$&()[]{}|,;@= \n\r\t\0\x0b\x1f\x7f\x85\xa0"
    "\u017f\u212a\u0130\u0131\u03c3\u03a3\u03c2\u00df\u1e9e\u00e9\u00c9\u01c5\u01c4\u01c6\u0301"
    "\u2013\u2028\ufeff\ufffd\U0001f600\U00010400\U00010428\u4e2d\u05d0\u241e"
)
"""Letters that fold oddly, wildcards, quotes, line breaks, controls, characters beyond the BMP."""

NUMERIC = (
    *("5", "5.0", "-5", "-0", "0", "0.0", "10", " 10", "10 ", "10\n", "1e3", "1E3", "1_0", "inf"),
    *(
        "nan",
        "NaN",
        "Infinity",
        "10d",
        "10f",
        "10L",
        "0x1F",
        "1.",
        ".5",
        "+5",
        "05",
        "٣",
        "½",
        "--5",
    ),
    *("9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808"),
    *("-9223372036854775808", "-9223372036854775809", "1e21", "1e+21", "1e999", "-1e999"),
    *("1e-400", "0.1", "1" * 25, "0." + "1" * 30, "1000000000000000000000", "1e5e5", "1,000"),
)
TIMES = (
    *("2026-01-01T08:30:00Z", "2026-01-01", "2025-12-31 23:30:00-01:00", "2026-02-30T00:00:00Z"),
    *("2026-01-01T08:30", "2026-01-01T08:59:59.9999999+00:30", "0000-01-01T00:00:00Z", "20260101"),
    *("2024-02-29T23:59:60Z", "2024-12-30T00:00:00+14:00", "9999-12-31T23:59:59Z", "1767225600"),
    *("2026-01-01t08:30:00z", "2026-01-01T24:00:00Z", "2021-01-03T23:59:59.999Z", "2020-12-31"),
)
ADDRESSES = (
    *("10.1.2.3", "10.01.2.3", "::ffff:10.1.2.3", "fe80::1", "FE80:0::0001", "fe80::1%eth0"),
    *(
        "10.1.2.3/32",
        " 10.1.2.3",
        "10.1.2",
        "256.1.1.1",
        "1::2::3",
        "::",
        "255.255.255.255",
        "::10.1.2.3",
    ),
)
TEXTUAL = (
    *("", "-", "--", "null", "NULL", "None", "true", "TRUE", "false", "*", "?", "**", "\\", "\\\\"),
    *("\\*", "\\?", "%", "_", "%%", "a_c", "a%c", "' OR 1=1 --", "'; DROP TABLE x", '"', "''"),
    *('{"a": 1}', "[1, 2]", "[]", "{}", '"x"', "\\u0041", "\\n", "$1", "${x}", "\\Q.*\\E", "(?i)a"),
    *("cmd.exe", "C:\\Windows\\System32\\cmd.exe", "\\\\host\\share$", "powershell -enc /c"),
    *(
        "\u0130stanbul",
        "i\u0307",
        "stra\u00dfe",
        "STRASSE",
        "A\u03a3",
        "\u039f\u03a3 \u039f",
        "\u212a",
        "e\u0301",
    ),
    *("\r\n", "a\nb", "a\0b", "\t", "\ufeffx", "x" * 300, "ab" * 1500, "\U0001f600" * 40),
)
SPECIAL = (*TEXTUAL, *NUMERIC, *TIMES, *ADDRESSES)

INTEGERS = (
    *(0, 1, -1, 5, -5, 9, 10, 11, 80, 443, 4688, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**53 + 1),
    *(-(2**53) - 1, 10**18, -(2**63), -(2**63) + 1, 2**63 - 1),
)
BEYOND = (2**63, -(2**63) - 1, 10**21, 10**30)
DOUBLES = (
    *(0.0, -0.0, 0.5, 5.0, -5.25, 0.1, 1e-7, 5e-324, 1.5e300, 1.7976931348623157e308, 123456.789),
    *(2.0**53, 2.0**53 + 2, 2.0**63, 1e20, 1e21, 1e22, 999999999999999900000.0, 1e16, 0.001, 1e-3),
)

words = st.text(ALPHABET, max_size=6)
plain_words = st.text("abcXYZ159 .-_", min_size=1, max_size=8)
texts = st.one_of(words, plain_words, st.sampled_from(SPECIAL))
integers = st.one_of(
    st.sampled_from(INTEGERS), st.integers(-20, 20), st.integers(-(2**63), 2**63 - 1)
)
doubles = st.one_of(st.sampled_from(DOUBLES), st.floats(allow_nan=False, allow_infinity=False))
numbers = st.one_of(integers, doubles)


@cache
def _twins() -> dict[str, str]:
    """All characters that fold to a character, for those of the first two planes."""
    found: dict[str, str] = {}
    for number in range(0x20000):
        if not 0xD800 <= number <= 0xDFFF:
            char = chr(number)
            found[fold(char)] = found.get(fold(char), "") + char
    return found


def twins(char: str) -> str:
    """Characters that fold as this one does; itself at least."""
    return _twins().get(fold(char), char)
