"""Event time and watermark of a topic's table.

An event is late if its time is before the latest one seen less the allowed lateness. The watermark
follows every event, a millisecond behind that border, so an event is late just where its time is
not after the watermark; when a row is read, the watermark is that of the rows before it.
"""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql_correlation_clock import seconds_and_millis
from tocsin.backend.sql_correlation_engine import TIME
from tocsin.backend.sql_leaf import TIME as TIME_TEXT
from tocsin.backend.sql_moments import cut, has_year, minute_of, minutes_west
from tocsin.backend.sql_tree import Sql, all_true, func, ident, name, quoted
from tocsin.model.source import Source
from tocsin_flink_sql.flink import TimestampLiteral
from tocsin_flink_sql.intervals import interval

ON_EVENT = {"scan.watermark.emit.strategy": "on-event"}
_DAY, _MILLI = "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss.SSS"
_FIRST, _LAST = "0001-01-01 00:00:00.000", "9999-12-31 23:59:59.999"
_AGES = exp.Interval(this=quoted("9999"), unit=exp.Var(this="YEAR(4)"))
"""Longer than any two events are apart: the watermark stays behind all of them."""


def no_time() -> Sql:
    """What the time of an event without one is."""
    return exp.cast(exp.null(), "TIMESTAMP(3)")


def event_time(source: Source, text: Sql) -> list[Sql]:
    """The computed column and its watermark; `text` tells the time."""
    computed = exp.ColumnConstraint(kind=exp.ComputedColumnConstraint(this=moment(text)))
    lateness = source.lateness_ms
    behind = _AGES.copy() if lateness is None else interval(lateness + 1)
    watermark = exp.Sub(this=ident(TIME), expression=behind)
    return [
        exp.ColumnDef(this=name(TIME), constraints=[computed]),
        exp.WatermarkColumnConstraint(this=ident(TIME), expression=watermark),
    ]


def moment(text: Sql) -> Sql:
    """TIMESTAMP(3) in UTC of the moment that a text names; NULL where it names none.

    TO_TIMESTAMP mends impossible dates (30 February), so the date must come out as it went in.
    """
    guard = func("REGEXP", text, quoted(rf"\A(?:{TIME_TEXT})\z"))
    local = func("TO_TIMESTAMP", seconds_and_millis(text, minute_of(text)), quoted(_MILLI))
    same_day = func("DATE_FORMAT", local, quoted(_DAY)).eq(cut(text, 1, 10))
    utc = func("TIMESTAMPADD", exp.Var(this="MINUTE"), minutes_west(text), local.copy())
    years = exp.Between(
        this=utc,
        low=TimestampLiteral(this=quoted(_FIRST)),
        high=TimestampLiteral(this=quoted(_LAST)),
    )
    named = all_true([guard, has_year(text), same_day, years])
    return exp.cast(exp.Case().when(named, utc.copy()), "TIMESTAMP(3)")


def on_time() -> Sql:
    """Whether the event is not late."""
    watermark = func("CURRENT_WATERMARK", ident(TIME))
    first = exp.Is(this=watermark, expression=exp.null())
    after = exp.GT(this=ident(TIME), expression=watermark.copy())
    return exp.or_(first, after, copy=False)
