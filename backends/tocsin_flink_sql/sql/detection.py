"""One readable INSERT per detection."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from tocsin.ir.query import Query, Resolved
from tocsin.sql.correlation.engine import TIME
from tocsin.sql.tree import Sql, func, ident, name, quoted, table
from tocsin_flink_sql.sql.conditions import FlinkLeaves
from tocsin_flink_sql.sql.dialect import printed
from tocsin_flink_sql.sql.tables import (
    ID,
    MATCH_COLUMNS,
    MATCHES,
    MORE_COLUMNS,
    OFFSET,
    PARTITION,
    names_of,
)

ISO = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"


def statement(query: Query) -> str:
    """The INSERT of the detection's matches. Raises Unsupported before any text is made."""
    source = query.source
    builder = FlinkLeaves(source, names_of(source))
    condition = builder.condition(query.matches)
    relation = builder.relation(source.table or source.name)
    select = (
        exp.select(*matched(query, quoted(source.name)), copy=False)
        .from_(relation, copy=False)
        .where(condition, copy=False)
    )
    target = exp.Schema(this=table(MATCHES), expressions=[name(c) for c in MATCH_COLUMNS])
    return printed(exp.Insert(this=target, expression=select))


def matched(query: Resolved, source: Sql) -> list[Sql]:
    """The columns of a match; `source` tells the name of the event's source."""
    values: list[Sql] = [
        quoted(query.detection.id),
        quoted(query.logic),
        source,
        ident(PARTITION),
        ident(OFFSET),
        func("DATE_FORMAT", ident(TIME), quoted(ISO)),
        ident(ID),
    ]
    columns = zip(values, MATCH_COLUMNS, strict=True)
    return [exp.alias_(value, column, quoted=True) for value, column in columns]


def result(told: Mapping[str, Sql]) -> list[Sql]:
    """The other columns of a correlation's row; NULL where nothing is told."""
    return [
        exp.alias_(told[column] if column in told else _no(kind), column, quoted=True)
        for column, kind in MORE_COLUMNS.items()
    ]


def _no(kind: str) -> Sql:
    return exp.cast(exp.null(), kind)


def text_of(event: Sql) -> Sql:
    """The event as text; bytes that are no UTF-8 become replacement characters."""
    return func("DECODE", event, quoted("UTF-8"))
