"""One INSERT per correlation, over sliding windows of event time."""

from __future__ import annotations

from sqlglot import exp

from tocsin.ir.query import CorrelationQuery
from tocsin.sql.correlation.engine import SOURCE, where
from tocsin.sql.correlation.statement import CompletingRows, Level, Statement
from tocsin.sql.tree import Sql, ident, name, table
from tocsin_flink_sql.sql.correlation_engine import GROUNDS, FlinkCorrelations
from tocsin_flink_sql.sql.detection import matched, result, text_of
from tocsin_flink_sql.sql.dialect import printed
from tocsin_flink_sql.sql.left_out import left_out
from tocsin_flink_sql.sql.tables import EVENT, MATCHES, RESULT_COLUMNS


def correlated(query: CorrelationQuery) -> str:
    """The INSERT of the completing events. Raises Unsupported before any text is made."""
    statement = Statement(FlinkCorrelations())
    return _insert(statement, _matches(statement, query))


def told(query: CorrelationQuery) -> str:
    """The same, and of the base matches that do not count. Raises Unsupported, as above."""
    engine = FlinkCorrelations()
    statement = Statement(engine)
    rows: exp.Query = _matches(statement, query)
    for more in left_out(query, engine):
        rows = exp.Union(this=rows, expression=more, distinct=False)
    return _insert(statement, rows)


def _insert(statement: Statement, rows: exp.Query) -> str:
    target = exp.Schema(this=table(MATCHES), expressions=[name(each) for each in RESULT_COLUMNS])
    return printed(exp.Insert(this=target, expression=statement.with_parts(rows)))


def _matches(statement: Statement, query: CorrelationQuery) -> exp.Select:
    found = statement.correlated(Level(query, ""))
    values = [*matched(query, ident(SOURCE)), *result(_told(found))]
    select = exp.select(*values, copy=False).from_(table(found.relation), copy=False)
    return where(select, [found.holds])


def _told(found: CompletingRows) -> dict[str, Sql]:
    """Of a completing event: its group, its text, and its window's events."""
    group = {"group": exp.Array(expressions=list(map(ident, found.keys)))} if found.keys else {}
    window = {
        column: exp.Dot(this=ident(GROUNDS), expression=name(part))
        for column, part in (("event_ids", "ids"), ("event_count", "count"), ("events", "events"))
    }
    return {**group, "event": text_of(ident(EVENT)), **window}
