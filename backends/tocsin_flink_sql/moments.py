"""Parts of the time that a text names, in UTC, out of Flink's functions.

Flink reads no zones out of texts, so the offset is taken off by hand. Its TO_TIMESTAMP mends
impossible dates (30 February), so the date must come out as it went in.
"""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql_moments import cut, minute_of, minutes_west
from tocsin.backend.sql_tree import Sql, all_true, func, number, quoted
from tocsin.ir.nodes import TimePart

_DAY = "yyyy-MM-dd"
_MINUTE = "yyyy-MM-dd HH:mm"


def is_time_part(text: Sql, guard: Sql, test: TimePart) -> Sql:
    """Whether the text names a time with this part; `guard` is the match of TIME."""
    local = func("TO_TIMESTAMP", minute_of(text), quoted(_MINUTE))
    same_day = func("DATE_FORMAT", local, quoted(_DAY)).eq(cut(text, 1, 10))
    first_year = exp.GTE(this=cut(text, 1, 4), expression=quoted("0001"))
    utc = func("TIMESTAMPADD", exp.Var(this="MINUTE"), minutes_west(text), local.copy())
    part = exp.Extract(this=exp.Var(this=test.unit.value.upper()), expression=utc)
    return all_true([guard, first_year, same_day, part.eq(number(test.value))])
