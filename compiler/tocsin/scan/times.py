"""Event time where no source declares it: a field named by the user, or a usual one."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.ir.evaluate import View
from tocsin.ir.stream import Clock, moment

TIME_FIELDS = ("timestamp", "@timestamp", "UtcTime", "TimeCreated_SystemTime", "eventTime", "time")
"""Looked for in this order; the first that an event has tells its time."""


def guessed_clock(time_field: str = "") -> Clock:
    """Event time in ms by this field, or by the first of the usual ones that an event has."""
    fields: Sequence[str] = (time_field,) if time_field else TIME_FIELDS

    def clock(view: View) -> int | None:
        present = (field for field in fields if view.texts(field) is not None)
        field = next(present, None)
        return None if field is None else moment(view, field)

    return clock
