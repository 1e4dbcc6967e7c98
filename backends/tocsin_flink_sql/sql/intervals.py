"""Lengths of time as Flink's parser takes them."""

from __future__ import annotations

from sqlglot import exp

from tocsin.sql.tree import quoted

UNITS = (("DAY", 86_400_000), ("HOUR", 3_600_000), ("MINUTE", 60_000), ("SECOND", 1000))
_TWO_DIGITS = 99
"""More of one unit than this need a precision, which Flink takes for days only."""


def interval(milliseconds: int) -> exp.Interval:
    """`INTERVAL '5' MINUTE`; what is no small number of one unit has all of them."""
    for unit, size in UNITS:
        count, rest = divmod(milliseconds, size)
        if rest == 0 and count <= _TWO_DIGITS and (count or unit == "SECOND"):
            return exp.Interval(this=quoted(str(count)), unit=exp.Var(this=unit))
    return _long(milliseconds)


def _long(milliseconds: int) -> exp.Interval:
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    days = f"DAY({len(str(day))})"
    span = exp.IntervalSpan(this=exp.Var(this=days), expression=exp.Var(this="SECOND(3)"))
    text = f"{day} {hour:02}:{minute:02}:{second:02}.{fraction:03}"
    return exp.Interval(this=quoted(text), unit=span)
