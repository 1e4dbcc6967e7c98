"""Tocsin's portable SQL on DuckDB: `each` rule a query, or `one` query for all rules."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import duckdb
from sqlglot import exp  # noqa: TID251 - makes the one statement out of the backend's trees

from bench.ours.queries import read
from bench.protocol import Loaded, Pair, Scanned, run
from bench.tables import ROW, load_duckdb
from tocsin.backend.sql_tree import func, ident, quoted
from tocsin.compile import Refusal, compile_query
from tocsin.ir.query import Query, rebound
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.backend import BatchSql
from tocsin_batch_sql.ddl import MACROS
from tocsin_batch_sql.dialect import DuckDb
from tocsin_batch_sql.emit import printed

INTEGERS = ("EventID", "ProcessId", "ParentProcessId", "TerminalSessionId", "EventRecordID")
"""Fields that the generated events have as numbers; all others are texts."""


class PortableSql:
    """Each rule's portable statement, one after the other, on a table in memory."""

    name = "tocsin-sql"
    version = f"{version('tocsin')}, DuckDB {duckdb.__version__}"

    def load(self, rules: Path) -> Loaded:
        """The statements."""
        queries, loaded = read(rules)
        source = _source(queries)
        self.fields = [column.name for column in source.columns]
        failed = dict(loaded.failed)
        self.statements: list[str] = []
        self.queries: list[Query] = []
        for query in queries:
            bound = rebound(query, source)
            made = compile_query(bound, BatchSql())
            if isinstance(made, Refusal):
                failed[query.detection.id] = f"{made.node} {made.reason}"
            elif isinstance(bound, Query):
                self.statements.append(made.body.decode())
                self.queries.append(bound)
        return Loaded(len(self.statements), failed)

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """The table, then every statement."""
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(MACROS)
            count = load_duckdb(connection, events, limit, self.fields, "events")
            matches = 0
            for found in map(connection.execute, self.asked()):
                pairs = found.fetchall()
                matches += len(pairs)
                if kept is not None:
                    kept += pairs
        return Scanned(count, matches)

    def asked(self) -> list[str]:
        """Statements that give pairs of rule and event."""
        head = f'SELECT detection_id, "{ROW}" FROM'
        return [f"{head} (\n{statement})" for statement in self.statements]


class OneQuery(PortableSql):
    """All conditions in one SELECT, so that the table is scanned once."""

    name = "duckdb-one-query"

    def asked(self) -> list[str]:
        """One statement: per row the list of the rules that match."""
        if not self.queries:
            return []
        source = self.queries[0].source
        builder = DuckDb(source, {column.name: column.name for column in source.columns})
        cases = [
            exp.Case().when(builder.condition(each.matches), quoted(each.detection.id))
            for each in self.queries
        ]
        listed = func("LIST_VALUE", *cases)
        rule = exp.alias_(func("UNNEST", listed), "rule")
        inner = exp.select(rule, ident(ROW)).from_(builder.relation("events"))
        outer = exp.select(ident("rule"), ident(ROW)).from_(inner.subquery("found"))
        return [printed(outer.where(ident("rule").is_(exp.null()).not_()))]


def _source(queries: list[Query]) -> Source:
    fields = sorted({name for query in queries for name in query.fields})
    columns = [Column(name, _type(name), (name,)) for name in fields]
    return Source("events", tuple(columns), table="events", lateness_seconds=None)


def _type(name: str) -> FieldType:
    return FieldType.INTEGER if name in INTEGERS else FieldType.STRING


if __name__ == "__main__":
    forms = {each.name: each for each in (PortableSql, OneQuery)}
    run(forms[sys.argv[1]](), sys.argv[2:])
