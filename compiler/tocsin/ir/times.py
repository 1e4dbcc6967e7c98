"""Moments in milliseconds since 1970, UTC, out of the texts that events tell their time in.

Two ways to write a moment: ISO 8601, or a number of units since 1970. What is finer than a
millisecond is cut off, so that the moment never gets later; years are those from 1 to 9999.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tocsin.model.source import TimeUnit

FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999
"""The first moment of the year 1 and the last of 9999."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_HOUR = 23
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:Z|([+-][0-9]{2})(?::?([0-5][0-9]))?)?)?"
)
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_SHIFT: Mapping[TimeUnit, int] = {
    TimeUnit.SECONDS: 3,
    TimeUnit.MILLISECONDS: 0,
    TimeUnit.MICROSECONDS: -3,
    TimeUnit.NANOSECONDS: -6,
}
"""Digits by which the decimal point of a number moves to the right to make milliseconds."""
_LONGEST = 24
"""Digits of a number before its decimal point: more are no moment in any unit."""

_BY_DIGITS: Mapping[int, TimeUnit] = {
    **dict.fromkeys((9, 10), TimeUnit.SECONDS),
    **dict.fromkeys((12, 13), TimeUnit.MILLISECONDS),
    **dict.fromkeys((15, 16), TimeUnit.MICROSECONDS),
    **dict.fromkeys((18, 19), TimeUnit.NANOSECONDS),
}
"""The unit of a number that nobody declares: the one in which it lies from 1973 to 2286."""


def parse_time(text: str) -> datetime | None:
    """The moment that an ISO 8601 text names; no zone means UTC."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    *digits, fraction, hours, minutes = found.groups()
    year, month, day, hour, minute, second = (int(d or 0) for d in digits)
    if hour > _LAST_HOUR:  # newer versions of Python take 24:00 for the next day
        return None
    iso = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    millis = ((fraction or "") + "000")[:3]
    zone = f"{hours}:{minutes or '00'}" if hours else "Z"
    try:
        return datetime.fromisoformat(f"{iso}.{millis}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_millis(text: str, unit: TimeUnit = TimeUnit.TEXT) -> int | None:
    """The moment that a text names where times are written so; None where it names none."""
    if unit is not TimeUnit.TEXT:
        return _of_number(text, unit)
    moment = parse_time(text)
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def guess_millis(text: str) -> int | None:
    """The moment that a text names where nobody declares how times are written."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return parse_millis(text)
    unit = _BY_DIGITS.get(len(found[2])) if not found[1] else None
    return None if unit is None else _of_number(text, unit)


def _of_number(text: str, unit: TimeUnit) -> int | None:
    """By digits, not by arithmetic of doubles."""
    found = _NUMBER.fullmatch(text)
    whole = found[2].lstrip("0") if found else ""
    if not found or len(whole) > _LONGEST:
        return None
    shift, fraction = _SHIFT[unit], found[3] or ""
    if shift < 0:
        kept, rest = whole[:shift], whole[shift:] + fraction
    else:
        kept, rest = whole + fraction[:shift].ljust(shift, "0"), fraction[shift:]
    millis = int(kept or "0")
    if found[1]:
        millis = -millis - bool(rest.strip("0"))
    return millis if FIRST <= millis <= LAST else None


def millis_text(time: int) -> str:
    """`2026-01-01T00:00:00.000Z` of milliseconds since 1970."""
    text = (_EPOCH + timedelta(milliseconds=time)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def time_value(time: int, unit: TimeUnit) -> str | float:
    """Milliseconds since 1970 as an event tells them: the inverse of reading them."""
    if unit is TimeUnit.TEXT:
        return millis_text(time)
    shift = _SHIFT[unit]
    if shift <= 0:
        return int(time * 10**-shift)
    return time // 1000 if time % 1000 == 0 else time / 1000
