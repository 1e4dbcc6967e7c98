"""Columns that correlations need besides the fields: an event's number, its time, its lateness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from tocsin.ir.times import FIRST, LAST
from tocsin.model.source import Column, FieldType, Source, TimeUnit
from tocsin.sql.correlation.clock import after_minute
from tocsin.sql.correlation.engine import TIME, has_time
from tocsin.sql.timestamps import has_year, minutes_west
from tocsin.sql.tree import (
    Sql,
    all_true,
    false,
    func,
    ident,
    name,
    number,
)

ReadTime = Callable[[Sql, TimeUnit], Sql]
"""How a dialect reads a text as a moment, in ms since 1970; NULL where it names none."""

EVENT, LATE = "~event", "~late"
"""The 0-based number of an event; whether it came too late to count."""
SAID = "~said"
"""The one text form of the time field, whatever type it is declared of."""


def said(source: Source) -> list[tuple[Column, str]]:
    """What tells the time, whatever type it is declared of, and the name of its column."""
    column = source.column(source.time_field) if has_time(source) else None
    return [(replace(column, type=FieldType.STRINGS), SAID)] if column else []


def at_rest(source: Source, rows: exp.Select, clock: ReadTime, row: Sql) -> exp.Select:
    """The rows with number (`row`), time (BIGINT, ms since 1970, UTC) and FALSE for late."""
    timed = _timed(source, rows, clock, row)
    return timed.select(exp.alias_(false(), LATE, quoted=True), copy=False)


def in_order_of_arrival(source: Source, rows: exp.Select, clock: ReadTime, row: str) -> exp.Select:
    """The same, late where they arrived so; the column `row` has the order of arrival."""
    timed = _timed(source, rows, clock, ident(row)).subquery(name("timed"))
    late = exp.alias_(_late(source), LATE, quoted=True)
    return exp.select(exp.Star(), late).from_(timed)


def _timed(source: Source, rows: exp.Select, clock: ReadTime, event: Sql) -> exp.Select:
    return exp.select(
        exp.Star(),
        exp.alias_(event, EVENT, quoted=True),
        exp.alias_(_time(source, clock), TIME, quoted=True),
    ).from_(rows.subquery(name("row")))


def _time(source: Source, clock: ReadTime) -> Sql:
    if not has_time(source):
        return exp.cast(exp.null(), "BIGINT")
    return clock(ident(SAID), source.time_unit)


def moment(text: Sql, guard: Sql, minute: Sql) -> Sql:
    """Milliseconds since 1970 of the moment that a text names; NULL where it names none.

    `guard`: it has the shape of TIME; `minute`: those of its minute, as if that were in UTC.
    """
    west = exp.Mul(this=minutes_west(text), expression=number(60000))
    made = exp.Add(this=exp.Add(this=minute, expression=west), expression=after_minute(text))
    in_years = exp.Between(this=made, low=number(FIRST), high=number(LAST))
    return exp.Case().when(all_true([guard, has_year(text), in_years]), made.copy())


def _late(source: Source) -> Sql:
    """Before the latest time so far less the allowed lateness."""
    if source.lateness_ms is None:
        return false()
    spec = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW")
    order = exp.Order(expressions=[ident(EVENT)])
    latest = exp.Window(this=exp.Max(this=ident(TIME)), order=order, spec=spec, over="OVER")
    allowed = exp.Sub(this=latest, expression=number(source.lateness_ms))
    return func("COALESCE", exp.LT(this=ident(TIME), expression=allowed), false())
