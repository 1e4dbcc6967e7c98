"""Event time where no source declares it: a field named by the user, or a usual one."""

from __future__ import annotations

from tocsin.ir.stream import Clock
from tocsin.ir.times import guess_millis

TIME_FIELDS = (
    "timestamp",
    "@timestamp",
    "UtcTime",
    "TimeCreated_SystemTime",
    "eventTime",
    "time",
    "ts",
    "created_at",
    "published",
    "requestReceivedTimestamp",
)
"""Looked for in this order; the first that holds a time tells the event's."""


def guessed_clock(time_field: str = "") -> Clock:
    """Event time in ms by this field, or by the first of the usual ones that holds a time."""
    return Clock((time_field,) if time_field else TIME_FIELDS, guess_millis)
