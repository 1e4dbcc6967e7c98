"""One INSERT per correlation, over sliding windows of event time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlglot import exp

from tocsin.backend.sql import SqlBuilder
from tocsin.backend.sql_correlation import Level, Statement
from tocsin.backend.sql_correlation_engine import SOURCE, TIME, Engine, known, where
from tocsin.backend.sql_tree import Sql, func, ident, name, number, table
from tocsin.errors import Unsupported
from tocsin.ir.query import CorrelationQuery
from tocsin.model.source import Column, FieldType, Source
from tocsin_flink_sql.clock import on_time
from tocsin_flink_sql.ddl import GROUP, MATCH_COLUMNS, MATCHES, OFFSET, PARTITION, columns_of
from tocsin_flink_sql.dialect import FlinkLeaves
from tocsin_flink_sql.emit import matched
from tocsin_flink_sql.flink import printed
from tocsin_flink_sql.intervals import interval


class FlinkEngine(Engine):
    """Times are rowtime attributes, TIMESTAMP(3)."""

    identity: ClassVar[tuple[str, ...]] = (PARTITION, OFFSET)

    def builder(self, source: Source) -> SqlBuilder:
        """Conditions for Flink."""
        return FlinkLeaves(source, {column.name: column.name for column in columns_of(source)})

    def counts(self) -> Sequence[Sql]:
        """With a time, not late."""
        return [*known([TIME]), on_time()]

    def span(self, milliseconds: int) -> Sql:
        """An interval."""
        return interval(milliseconds)

    def time(self) -> Sql:
        """A plain timestamp: no aggregate takes a rowtime attribute."""
        return exp.cast(ident(TIME), "TIMESTAMP(3)")

    def percentile(self, value: Sql, share: float) -> Sql:
        """PERCENTILE."""
        return func("PERCENTILE", value, number(share))

    def text(self, builder: SqlBuilder, column: Column) -> Sql:
        """A boolean's text is cast: Flink fills up `true` to the length of `false`."""
        text = super().text(builder, column)
        return exp.cast(text, "TEXT") if column.type is FieldType.BOOLEAN else text

    def only_member(self, members: Sql) -> Sql:
        """The view's text of an array does not tell all members apart."""
        raise Unsupported("Correlation", "array-value", members.name)


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
    select = exp.select(*values, copy=False).from_(table(found.relation), copy=False)
    target = exp.Schema(this=table(MATCHES), expressions=[name(column) for column in columns])
    whole = statement.with_parts(where(select, [found.holds]))
    return printed(exp.Insert(this=target, expression=whole))
