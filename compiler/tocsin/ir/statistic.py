"""Numbers of a window: decimals for sums and averages, doubles for percentiles.

A text counts as DECIMAL(27, 9): below 10^18 in size, rounded half up (away from zero) at the
ninth place, with an exponent of at most two digits. So a sum is exact, in any order of adding
and taking away, on every engine; averages are compared by multiplying, never by dividing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

PRECISION, SCALE = 27, 9
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?")
"""What counts as a number in a statistic: L5's form."""

SUM = Context(prec=60)
"""Adds and takes away decimals of a window exactly."""

_LIMIT = Decimal(10) ** (PRECISION - SCALE)
_PLACES = Decimal(1).scaleb(-SCALE)


def decimal_of(text: str) -> Decimal | None:
    """The decimal that a text is, or None: not a number, or too large."""
    if not DECIMAL.fullmatch(text):
        return None
    exact = Context(prec=len(text) + 120)
    value = exact.create_decimal(text)
    if abs(value) >= _LIMIT:
        return None
    rounded = value.quantize(_PLACES, ROUND_HALF_UP, exact)
    return rounded if abs(rounded) < _LIMIT else None


def percentile(ordered: Sequence[float], share: str) -> float:
    """The share-th percentile (0 to 100) of sorted numbers, linear between closest ranks."""
    rank = float(share) / 100 * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
