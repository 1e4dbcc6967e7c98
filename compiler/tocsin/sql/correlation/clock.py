"""Event time in milliseconds, out of a text in the shape of TIME: what engines have in common."""

from __future__ import annotations

from sqlglot import exp

from tocsin.sql.tree import Sql, func, number, quoted, try_cast

_SECONDS = "^.{16}:([0-9]{2})"
_FRACTION = r"\.([0-9]{1,3})"


def after_minute(text: Sql) -> Sql:
    """Milliseconds since the text's minute began, cut to whole ones."""
    seconds = func("REGEXP_EXTRACT", text.copy(), quoted(_SECONDS), number(1))
    fraction = func("REGEXP_EXTRACT", text.copy(), quoted(_FRACTION), number(1))
    thousands = exp.Mul(this=_integer(seconds), expression=number(1000))
    padded = func("RPAD", fraction, number(3), quoted("0"))
    return exp.Add(this=thousands, expression=_integer(padded))


def _integer(text: Sql) -> Sql:
    return func("COALESCE", try_cast(text, "INT"), number(0))
