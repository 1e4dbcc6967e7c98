"""Values of events as rules see them: folding, text forms, field look-up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

BITS64 = range(-(2**63), 2**64)
"""Integers of 64 bits, signed or unsigned: they are exact everywhere."""
INT64 = range(-(2**63), 2**63)
"""Those that a BIGINT holds."""
DIGITS64 = len(str(BITS64[-1]))
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")
INTEGER = re.compile(r"-?[0-9]+")


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    # U+0130 is the only character whose lower case is two code points; its simple mapping is "i".
    lower = char.lower()
    return lower if len(lower) == 1 else "i"


def fold(text: str) -> str:
    """Lower case by code point (Unicode simple mapping), without context or locale."""
    return text.lower() if text.isascii() else "".join(map(_fold_char, text))


def number_text(number: float) -> str:
    """Canonical text of a number: `5.0` is `5`; exact to 64 bits; no exponent below 1e21."""
    if isinstance(number, int) and number in BITS64:
        return str(number)
    value = float(number)
    if abs(value) >= 1e21:  # noqa: PLR2004 - the border that the contract names
        return repr(value)
    text = format(Decimal(repr(value)), "f").removesuffix(".0")
    return "0" if text == "-0" else text


def scalar_text(value: Any) -> str | None:
    """Text form of a scalar; None for null, maps and lists."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else None


def texts(value: Any) -> tuple[str, ...] | None:
    """All text forms of a value: None where it is missing, empty where it has none (a map)."""
    if isinstance(value, list):
        members = [m for m in value if m is not None]
        return tuple(t for m in members if (t := scalar_text(m)) is not None) if members else None
    if value is None:
        return None
    text = scalar_text(value)
    return () if text is None else (text,)


def lookup(event: Mapping[str, Any], field: str) -> Any:
    """The exact flat key first (null there is null), then the dotted path through maps only."""
    return event[field] if field in event else walk(event, field.split("."))


def walk(event: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The value at a path through maps only, or None."""
    value: Any = event
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def scalars(value: Any) -> Iterator[str]:
    """Text forms of all scalars anywhere in a value; keys are not included."""
    left = [value]  # not by recursion: an event may be nested deeper than Python's stack
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left += reversed(list(value.values()))
        elif isinstance(value, list):
            left += reversed(value)
        elif (text := scalar_text(value)) is not None:
            yield text


def parse_number(text: str) -> int | float | None:
    """The number that a text is (L5): an int if it is one of 64 bits, else a finite double."""
    if not NUMBER.fullmatch(text):
        return None
    if INTEGER.fullmatch(text) and len(text) <= DIGITS64 and int(text) in BITS64:
        return int(text)
    value = float(text)
    return value if abs(value) != float("inf") else None
