"""One INSERT per correlation, over sliding windows of event time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from tocsin.backend.sql_correlation import Level, Statement
from tocsin.backend.sql_correlation_engine import (
    SOURCE,
    TIME,
    Engine,
    Form,
    Need,
    guarded,
    known,
    over,
    where,
)
from tocsin.backend.sql_tree import Sql, func, ident, name, number, quoted, table
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.statistic import DECIMAL
from tocsin.model.source import Source
from tocsin_flink_sql.clock import on_time
from tocsin_flink_sql.ddl import (
    EVENT,
    GROUNDS_COLUMNS,
    GROUP,
    ID,
    MATCH_COLUMNS,
    MATCHES,
    OFFSET,
    PARTITION,
    names_of,
)
from tocsin_flink_sql.dialect import FlinkLeaves
from tocsin_flink_sql.emit import matched
from tocsin_flink_sql.flink import printed
from tocsin_flink_sql.functions import ONLY, WINDOW
from tocsin_flink_sql.intervals import interval

GROUNDS = "~window"


class FlinkEngine(Engine[FlinkLeaves]):
    """Times are rowtime attributes, TIMESTAMP(3)."""

    identity: ClassVar[tuple[str, ...]] = (PARTITION, OFFSET, ID)
    carried: ClassVar[tuple[str, ...]] = (EVENT,)

    def builder(self, source: Source) -> FlinkLeaves:
        """Conditions for Flink."""
        return FlinkLeaves(source, names_of(source))

    def counts(self) -> Sequence[Sql]:
        """With a time, not late."""
        return [*known([TIME]), on_time()]

    def span(self, milliseconds: int) -> Sql:
        """An interval."""
        return interval(milliseconds)

    def grounds(self) -> Mapping[str, Sql]:
        """The newest events, by a function that keeps no more."""
        return {GROUNDS: over(func(WINDOW, ident(ID), self.time(), ident(EVENT)))}

    def time(self) -> Sql:
        """A plain timestamp: no aggregate takes a rowtime attribute."""
        return exp.cast(ident(TIME), "TIMESTAMP(3)")

    def percentile(self, value: Sql, share: float) -> Sql:
        """PERCENTILE."""
        return func("PERCENTILE", value, number(share))

    def value(self, builder: FlinkLeaves, need: Need) -> Sql:
        """The one text of a field, or the number that it is."""
        texts = builder.raw(builder.column(need.field))
        text = func(ONLY, texts)
        if need.form is Form.TEXT:
            return text
        is_number = func("REGEXP", text, quoted(rf"\A(?:{DECIMAL.pattern})\z"))
        decimal = guarded(is_number, text.copy())
        # A double by way of the decimal's text, so that every engine has the same.
        return (
            exp.cast(exp.cast(decimal, "TEXT"), "DOUBLE") if need.form is Form.DOUBLE else decimal
        )


def _grounds() -> list[Sql]:
    """The event as text, and what the window tells; named as the match's columns are."""
    text = func("DECODE", ident(EVENT), quoted("UTF-8"))
    parts = [exp.Dot(this=ident(GROUNDS), expression=name(p)) for p in ("ids", "count", "events")]
    columns = zip([text, *parts], GROUNDS_COLUMNS, strict=True)
    return [exp.alias_(value, column, quoted=True) for value, column in columns]


def correlated(query: CorrelationQuery) -> str:
    """The INSERT of the completing events. Raises Unsupported before any text is made."""
    statement = Statement(FlinkEngine())
    found = statement.correlated(Level(query, ""))
    values = matched(query, ident(SOURCE))
    columns = list(MATCH_COLUMNS)
    if found.keys:
        group = exp.Array(expressions=[ident(key) for key in found.keys])
        values.append(exp.alias_(group, GROUP, quoted=True))
        columns.append(GROUP)
    values += _grounds()
    columns += GROUNDS_COLUMNS
    select = exp.select(*values, copy=False).from_(table(found.relation), copy=False)
    target = exp.Schema(this=table(MATCHES), expressions=[name(column) for column in columns])
    whole = statement.with_parts(where(select, [found.holds]))
    return printed(exp.Insert(this=target, expression=whole))
