"""Times that a text names, taken apart by hand where an engine does not read offsets as we do."""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql_tree import Sql, func, number, quoted, try_cast

_OFFSET = "[+-][0-9]{2}:[0-9]{2}$"


def minute_of(text: Sql) -> Sql:
    """`yyyy-MM-dd HH:mm` of a text in the shape of TIME; a date alone is its midnight."""
    clock = func("COALESCE", func("NULLIF", cut(text, 12, 5), quoted("")), quoted("00:00"))
    return func("CONCAT", cut(text, 1, 10), quoted(" "), clock)


def minutes_west(text: Sql) -> Sql:
    """Minutes to add for UTC: +01:00 is 60 minutes ahead, so -60; 0 without an offset."""
    offset = func("REGEXP_EXTRACT", text, quoted(_OFFSET), number(0))
    hours, minutes = (try_cast(cut(offset, at, 2), "INT") for at in (2, 5))
    ahead = exp.Add(this=exp.Mul(this=hours, expression=number(60)), expression=minutes)
    west = exp.Case().when(cut(offset, 1, 1).eq(quoted("-")), ahead)
    signed = west.else_(exp.Neg(this=exp.Paren(this=ahead.copy())))
    return func("COALESCE", signed, number(0))


def has_year(text: Sql) -> Sql:
    """Whether the text's year, as it stands there, is not 0000, which engines take."""
    return exp.GTE(this=cut(text, 1, 4), expression=quoted("0001"))


def cut(text: Sql, start: int, length: int) -> Sql:
    """Part of a text, from a 1-based place."""
    return func("SUBSTR", text.copy(), number(start), number(length))
