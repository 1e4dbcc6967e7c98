"""Tocsin's portable SQL on DuckDB: `each` rule a query, or `one` query for all rules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import duckdb
from sqlglot import exp  # noqa: TID251 - makes the one statement out of the backend's trees

from bench.ours.queries import read
from bench.protocol import Loaded, Pair, Scanned, run
from bench.tables import ROW, load_duckdb, view_duckdb
from tocsin.compile import Refusal, compile_query
from tocsin.errors import Unsupported
from tocsin.ir.query import Query, rebound
from tocsin.model.artifact import Artifact
from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.tree import func, ident, quoted
from tocsin_batch_sql.common.arrays import physical_names
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.duckdb.dialect import DuckDb
from tocsin_batch_sql.duckdb.macros import MACROS
from tocsin_batch_sql.duckdb.memory import in_memory
from tocsin_batch_sql.duckdb.printer import printed

INTEGERS = ("EventID", "ProcessId", "ParentProcessId", "TerminalSessionId", "EventRecordID")
"""Fields that the generated events have as numbers; all others are texts."""
GROUP = 60
"""Rules that share a view: DuckDB plans queries on wide relations slowly."""


class PortableSql:
    """Each rule's portable statement, one after the other, on a table in memory."""

    name = "tocsin-sql"
    version = f"{version('tocsin')}, DuckDB {duckdb.__version__}"
    group = GROUP

    def load(self, rules: Path) -> Loaded:
        """The statements, and the views that they read."""
        queries, loaded = read(rules)
        queries.sort(key=lambda query: str(query.detection.logsource))
        failed = dict(loaded.failed)
        self.views: dict[str, list[str]] = {}
        self.statements: list[str] = []
        for at in range(0, len(queries), self.group):
            bound = bound_to(queries[at : at + self.group], f"events_{at}")
            self.views[bound[0].source.table] = list(physical_names(bound[0].source).values())
            self.statements += self.compiled(bound, failed)
        return Loaded(len(queries) - len(failed) + len(loaded.failed), failed)

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """The table, then every statement."""
        with in_memory(threads=1) as connection:
            connection.execute(MACROS)
            count = load_duckdb(connection, events, limit, "events")
            for view, fields in self.views.items():
                view_duckdb(connection, "events", fields, view)
            matches = 0
            for statement in self.statements:
                pairs = connection.execute(statement).fetchall()
                matches += len(pairs)
                if kept is not None:
                    kept += pairs
        return Scanned(count, matches)

    def compiled(self, queries: list[Query], failed: dict[str, str]) -> list[str]:
        """Statements that give pairs of rule and event."""
        made = {each.detection.id: compile_query(each, BatchSql()) for each in queries}
        refused = [(rule, no) for rule, no in made.items() if isinstance(no, Refusal)]
        failed |= {rule: f"{no.node} {no.reason}" for rule, no in refused}
        head = f'SELECT detection_id, "{ROW}" FROM'
        good = [each.body.decode() for each in made.values() if isinstance(each, Artifact)]
        return [f"{head} (\n{statement})" for statement in good]


class OneQuery(PortableSql):
    """All conditions in one SELECT, so that the table is scanned once."""

    name = "duckdb-one-query"
    group = sys.maxsize

    def compiled(self, queries: list[Query], failed: dict[str, str]) -> list[str]:
        """One statement: per row the list of the rules that match."""
        source = queries[0].source
        builder = DuckDb(source, physical_names(source))
        cases: list[exp.Case] = []
        for each in queries:
            try:
                condition = builder.condition(each.matches)
            except Unsupported as no:
                failed[each.detection.id] = f"{no.node} {no.reason}"
            else:
                cases.append(exp.Case().when(condition, quoted(each.detection.id)))
        rule = exp.alias_(func("UNNEST", func("LIST_VALUE", *cases)), "rule")
        inner = exp.select(rule, ident(ROW)).from_(builder.relation(source.table))
        outer = exp.select(ident("rule"), ident(ROW)).from_(inner.subquery("found"))
        return [printed(outer.where(ident("rule").is_(exp.null()).not_()))]


def bound_to(queries: Sequence[Query], table: str) -> list[Query]:
    """The queries over a source that has their fields, and no others."""
    fields = sorted({name for query in queries for name in query.fields})
    columns = [Column(name, _type(name), (name,)) for name in fields]
    source = Source(table, tuple(columns), table=table, lateness_ms=None, fits=True)
    bound = [rebound(query, source) for query in queries]
    return [each for each in bound if isinstance(each, Query)]


def _type(name: str) -> FieldType:
    return FieldType.INTEGER if name in INTEGERS else FieldType.STRING


if __name__ == "__main__":
    forms = {each.name: each for each in (PortableSql, OneQuery)}
    run(forms[sys.argv[1]](), sys.argv[2:])
