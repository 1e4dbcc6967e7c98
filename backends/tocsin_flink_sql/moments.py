"""Parts of the time that a text names, in UTC, out of Flink's functions.

Flink reads no zones out of texts, so the offset is taken off by hand. Its TO_TIMESTAMP mends
impossible dates (30 February), so the date must come out as it went in.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from tocsin.backend.sql_moments import cut, has_year, minute_of, minutes_west, within
from tocsin.backend.sql_tree import Sql, all_true, func, quoted
from tocsin.ir.nodes import TimePart, Unit

_DAY = "yyyy-MM-dd"
_MINUTE = "yyyy-MM-dd HH:mm"
_YEAR = "uuuu"
_FORMATS: Mapping[Unit, str] = {
    Unit.MINUTE: "mm",
    Unit.HOUR: "HH",
    Unit.DAY: "dd",
    Unit.MONTH: "MM",
    Unit.YEAR: _YEAR,
}
"""Parts as texts. EXTRACT rounds what is before 1970 up: -1 for minute 59, the next day's date."""


def is_time_part(text: Sql, guard: Sql, test: TimePart) -> Sql:
    """Whether the text names a time with this part; `guard` is the match of TIME."""
    local = func("TO_TIMESTAMP", minute_of(text), quoted(_MINUTE))
    same_day = _formatted(local, _DAY).eq(cut(text, 1, 10))
    utc = func("TIMESTAMPADD", exp.Var(this="MINUTE"), minutes_west(text), local.copy())
    # The offset may lead out of the years from 1 to 9999: `0000`, `+10000`.
    utc_year = exp.GTE(this=_formatted(utc, _YEAR), expression=quoted("0001"))
    return all_true([guard, has_year(text), same_day, utc_year, _has_part(utc.copy(), test)])


def _has_part(utc: Sql, test: TimePart) -> Sql:
    if test.unit is Unit.WEEK:
        # A midnight is no part of a day to be rounded.
        midnight = func("TO_TIMESTAMP", _formatted(utc, _DAY), quoted(_DAY))
        return within(exp.Extract(this=exp.Var(this="WEEK"), expression=midnight), test)
    pattern = _FORMATS[test.unit]
    # Texts of one length are in the order of their numbers.
    return within(_formatted(utc, pattern), test, lambda n: quoted(f"{n:0{len(pattern)}}"))


def _formatted(moment: Sql, pattern: str) -> Sql:
    return func("DATE_FORMAT", moment, quoted(pattern))
