"""Event time and watermark of a topic's table.

An event is late if its time is before the latest one seen less the allowed lateness. The watermark
follows every event, a millisecond behind that border, so an event is late just where its time is
not after the watermark; when a row is read, the watermark is that of the rows before it.
"""

from __future__ import annotations

from sqlglot import exp

from tocsin.model.source import Source
from tocsin.sql.correlation.engine import TIME
from tocsin.sql.tree import Sql, func, ident, name, quoted
from tocsin_flink_sql.sql.functions import EVENT_TIME
from tocsin_flink_sql.sql.intervals import interval

ON_EVENT = {"scan.watermark.emit.strategy": "on-event"}
_AGES = exp.Interval(this=quoted("9999"), unit=exp.Var(this="YEAR(4)"))
"""Longer than any two events are apart: the watermark stays behind all of them."""


def no_time() -> Sql:
    """What the time of an event without one is."""
    return exp.cast(exp.null(), "TIMESTAMP(3)")


def event_time(source: Source, event: Sql, place: list[Sql]) -> list[Sql]:
    """The computed column and its watermark; `place` names the field in the event."""
    moment = func(EVENT_TIME, event, quoted(source.time_unit), *place)
    computed = exp.ColumnConstraint(kind=exp.ComputedColumnConstraint(this=moment))
    lateness = source.lateness_ms
    behind = _AGES.copy() if lateness is None else interval(lateness + 1)
    watermark = exp.Sub(this=ident(TIME), expression=behind)
    return [
        exp.ColumnDef(this=name(TIME), constraints=[computed]),
        exp.WatermarkColumnConstraint(this=ident(TIME), expression=watermark),
    ]


def on_time() -> Sql:
    """Whether the event is not late."""
    watermark = func("CURRENT_WATERMARK", ident(TIME))
    first = exp.Is(this=watermark, expression=exp.null())
    after = exp.GT(this=ident(TIME), expression=watermark.copy())
    return exp.or_(first, after, copy=False)
