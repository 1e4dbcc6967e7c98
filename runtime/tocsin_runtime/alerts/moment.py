"""Event times as milliseconds, truncated, and milliseconds as ISO 8601 texts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.ir.leaf import parse_millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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


def iso(moment: int) -> str:
    """`2026-01-01T00:00:00.000Z` of milliseconds since 1970."""
    text = (_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
