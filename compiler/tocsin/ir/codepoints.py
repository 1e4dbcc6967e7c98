"""Sets of code points as RE2 sees them: RE2 is asked, so that no table can differ from it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, lru_cache

import re2

Range = tuple[int, int]
"""First and last code point."""

LAST = 0x10FFFF
BEFORE_SURROGATES, AFTER_SURROGATES = 0xD7FF, 0xE000


@lru_cache(maxsize=4096)
def matched_by(atom: str, *, ignore_case: bool) -> tuple[Range, ...]:
    """The code points that an RE2 expression for one character matches, as sorted ranges.

    Surrogates, which no text has, count as matched where both their neighbours are.
    """
    if len(atom) == 1 and atom.isascii() and atom.isalnum():
        return _letter(atom, ignore_case=ignore_case)
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    # Neighbours in the text are neighbours in Unicode, so that a run of matches is a range.
    runs = re2.compile(f"(?:{atom})+".encode(), options).finditer(_all_text())
    return tuple((_at(found.start()), _at(found.end()) - 1) for found in runs)


_THIRD_CASE = {"k": 0x212A, "s": 0x17F}


def _letter(char: str, *, ignore_case: bool) -> tuple[Range, ...]:
    """As RE2 says, which takes milliseconds to ask; most of an expression is such."""
    cases = {ord(char.lower()), ord(char.upper()), _THIRD_CASE.get(char.lower(), ord(char))}
    return tuple((code, code) for code in sorted(cases if ignore_case else {ord(char)}))


def complement(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """All other code points."""
    result = []
    start = 0
    for low, high in ranges:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        result.append((start, LAST))
    return tuple(result)


def without(ranges: tuple[Range, ...], code: int) -> tuple[Range, ...]:
    """The ranges less one code point."""
    result = []
    for low, high in ranges:
        if low <= code <= high:
            result += [(low, code - 1), (code + 1, high)]
        else:
            result.append((low, high))
    return tuple((low, high) for low, high in result if low <= high)


@cache
def _all_text() -> bytes:
    chars = (*range(BEFORE_SURROGATES + 1), *range(AFTER_SURROGATES, LAST + 1))
    return "".join(map(chr, chars)).encode()


@cache
def _stretches() -> tuple[tuple[int, int, int], ...]:
    """(byte offset, first code point, bytes each) of the text's stretches of equal width."""
    result = []
    offset = 0
    for first, last, width in _UTF8:
        result.append((offset, first, width))
        offset += (last - first + 1) * width
    return tuple(result)


_UTF8 = (
    (0, 0x7F, 1),
    (0x80, 0x7FF, 2),
    (0x800, BEFORE_SURROGATES, 3),
    (AFTER_SURROGATES, 0xFFFF, 3),
    (0x10000, LAST, 4),
)


def _at(offset: int) -> int:
    """The code point at a byte offset of the whole text."""
    stretches = _stretches()
    begin, first, width = stretches[bisect_right(stretches, (offset, LAST, 0)) - 1]
    return first + (offset - begin) // width
