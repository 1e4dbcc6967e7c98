"""Parts of the time that a text names, in UTC, out of Flink's functions.

Flink reads no zones out of texts, so the offset is taken off by hand. Its TO_TIMESTAMP mends
impossible dates (30 February), so the date must come out as it went in.
"""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql_tree import Sql, all_true, func, number, quoted, try_cast
from tocsin.ir.nodes import TimePart

_OFFSET = "[+-][0-9]{2}:[0-9]{2}$"
_DAY = "yyyy-MM-dd"
_MINUTE = "yyyy-MM-dd HH:mm"


def is_time_part(text: Sql, guard: Sql, test: TimePart) -> Sql:
    """Whether the text names a time with this part; `guard` is the match of TIME."""
    local = func("TO_TIMESTAMP", _minute(text), quoted(_MINUTE))
    same_day = func("DATE_FORMAT", local, quoted(_DAY)).eq(_cut(text, 1, 10))
    first_year = exp.GTE(this=_cut(text, 1, 4), expression=quoted("0001"))
    utc = func("TIMESTAMPADD", exp.Var(this="MINUTE"), _minutes_west(text), local.copy())
    part = exp.Extract(this=exp.Var(this=test.unit.value.upper()), expression=utc)
    return all_true([guard, first_year, same_day, part.eq(number(test.value))])


def _minute(text: Sql) -> Sql:
    """`yyyy-MM-dd HH:mm`; a date alone is its midnight."""
    clock = func("COALESCE", func("NULLIF", _cut(text, 12, 5), quoted("")), quoted("00:00"))
    return func("CONCAT", _cut(text, 1, 10), quoted(" "), clock)


def _minutes_west(text: Sql) -> Sql:
    """Minutes to add for UTC: +01:00 is 60 minutes ahead, so -60; 0 without an offset."""
    offset = func("REGEXP_EXTRACT", text, quoted(_OFFSET), number(0))
    hours, minutes = (try_cast(_cut(offset, at, 2), "INT") for at in (2, 5))
    ahead = exp.Add(this=exp.Mul(this=hours, expression=number(60)), expression=minutes)
    west = exp.Case().when(_cut(offset, 1, 1).eq(quoted("-")), ahead)
    signed = west.else_(exp.Neg(this=exp.Paren(this=ahead.copy())))
    return func("COALESCE", signed, number(0))


def _cut(text: Sql, start: int, length: int) -> Sql:
    return func("SUBSTR", text.copy(), number(start), number(length))
