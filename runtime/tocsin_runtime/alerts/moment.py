"""Event times as milliseconds, truncated."""

from __future__ import annotations

import math
from typing import Any

from tocsin.ir.leaf import parse_millis

_SECONDS_BELOW = 10**11
"""A number below is seconds since 1970 (the year 5138), one above milliseconds (from 1973)."""

_LAST = 253_402_300_800_000
"""The year 10000, in milliseconds."""


def milliseconds(value: Any) -> int | None:
    """The moment that an event's value names, in milliseconds since 1970 UTC; None if none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _of_number(value)
    return parse_millis(value) if isinstance(value, str) else None


def _of_number(value: float) -> int | None:
    if not math.isfinite(value) or not 0 <= value < _LAST:
        return None
    return math.floor(value * 1000 if value < _SECONDS_BELOW else value)
