"""Tocsin's pack on DuckDB: all rules in one pass over distinct values."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from bench.ours.duckdb_sql import PortableSql
from bench.protocol import Pair, Scanned, run
from bench.tables import ROW, load_duckdb, view_duckdb
from tocsin.compile import Refusal, compile_part
from tocsin.ir.query import Query
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.duckdb.macros import MACROS
from tocsin_batch_sql.duckdb.pack import run_pack_table


class DuckDbPack(PortableSql):
    """All rules as one pack, on a Parquet file as it lies, or on JSON lines as a table."""

    name = "tocsin-pack"
    group = sys.maxsize
    source: Source
    parts: list[Part]

    def compiled(self, queries: list[Query], failed: dict[str, str]) -> list[str]:
        """No statements: the parts of the pack."""
        self.source = queries[0].source
        made = {each.detection.id: compile_part(each, BatchSql()) for each in queries}
        failed |= {
            rule: f"{no.node} {no.reason}" for rule, no in made.items() if isinstance(no, Refusal)
        }
        self.parts = [each for each in made.values() if isinstance(each, Part)]
        return []

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """The whole pack."""
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(MACROS)
            count = _numbered(connection, events, limit)
            for view, fields in self.views.items():
                view_duckdb(connection, "events", fields, view)
            found = run_pack_table(connection, self.source.table, self.source, self.parts, row=ROW)
        if kept is not None:
            kept += [(match.detection, match.event) for match in found]
        return Scanned(count, len(found))


def _numbered(connection: duckdb.DuckDBPyConnection, events: Path, limit: int | None) -> int:
    """Make `events` with the column ROW; the number of its rows."""
    if events.suffix != ".parquet":
        return load_duckdb(connection, events, limit, "events")
    rows = connection.read_parquet(str(events), file_row_number=True)
    if limit is not None:
        rows = rows.filter(f"file_row_number < {limit}")
    rows.project(f'*, file_row_number AS "{ROW}"').create_view("events")
    [(count,)] = rows.aggregate("count(*)").fetchall()
    return int(count)


if __name__ == "__main__":
    run(DuckDbPack())
