"""Parts of the time that a text names, in UTC, whatever the session's time zone is.

Spark takes offsets up to 18 hours only, so the offset is taken off by hand.
"""

from __future__ import annotations

from sqlglot import exp

from tocsin.ir.nodes import TimePart, Unit
from tocsin.sql.timestamps import cut, minute_of, minutes_west, within
from tocsin.sql.tree import Sql, all_true, func, number, quoted, try_cast

YEARS = (1, 9999)


def is_time_part(text: Sql, guard: Sql, test: TimePart) -> Sql:
    """Whether the text names a time with this part; `guard` is the match of TIME."""
    local = try_cast(minute_of(text), "TIMESTAMPNTZ")
    utc = func("TIMESTAMPADD", exp.Var(this="MINUTE"), minutes_west(text), local)
    first_year = exp.GTE(this=cut(text, 1, 4), expression=quoted("0001"))
    low, high = map(number, YEARS)
    year = exp.Between(this=_part(Unit.YEAR, utc), low=low, high=high)
    part = within(_part(test.unit, utc.copy()), test)
    return all_true([guard, first_year, year, part])


def _part(unit: Unit, moment: Sql) -> Sql:
    return exp.Extract(this=exp.Var(this=unit.value.upper()), expression=moment)
