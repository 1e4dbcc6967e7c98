"""Times that a text names, taken apart by hand where an engine does not read offsets as we do."""

from __future__ import annotations

from sqlglot import exp

from tocsin.ir.nodes import TimePart
from tocsin.sql.tree import Sql, func, number, quoted, try_cast

_OFFSET = ":[0-9][0-9.]*([+-][0-9]{2}):?([0-9]{2})?$"
"""Hours with their sign, and minutes, of the offset behind a clock time."""


def minute_of(text: Sql) -> Sql:
    """`yyyy-MM-dd HH:mm` of a text in the shape of TIME; a date alone is its midnight."""
    clock = func("COALESCE", func("NULLIF", cut(text, 12, 5), quoted("")), quoted("00:00"))
    return func("CONCAT", cut(text, 1, 10), quoted(" "), clock)


def minutes_west(text: Sql) -> Sql:
    """Minutes to add for UTC: +01:00 is 60 minutes ahead, so -60; 0 without an offset."""
    signed, minutes = (
        func("REGEXP_EXTRACT", text.copy(), quoted(_OFFSET), number(group)) for group in (1, 2)
    )
    hours = exp.Mul(this=try_cast(cut(signed, 2, 2), "INT"), expression=number(60))
    rest = func("COALESCE", try_cast(minutes, "INT"), number(0))
    ahead = exp.Add(this=hours, expression=rest)
    west = exp.Case().when(cut(signed, 1, 1).eq(quoted("-")), ahead)
    either = west.else_(exp.Neg(this=exp.Paren(this=ahead.copy())))
    return func("COALESCE", either, number(0))


def within(part: Sql, test: TimePart) -> Sql:
    """Whether a part of a time is in the test's range."""
    if test.first == test.last:
        return part.eq(number(test.first))
    return exp.Between(this=part, low=number(test.first), high=number(test.last))


def has_year(text: Sql) -> Sql:
    """Whether the text's year, as it stands there, is not 0000, which engines take."""
    return exp.GTE(this=cut(text, 1, 4), expression=quoted("0001"))


def cut(text: Sql, start: int, length: int) -> Sql:
    """Part of a text, from a 1-based place."""
    return func("SUBSTR", text.copy(), number(start), number(length))
