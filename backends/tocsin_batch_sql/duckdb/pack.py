"""The pack on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from sqlglot import exp

from tocsin.model.artifact import Match
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin.sql.tree import Sql, func, ident, name, table
from tocsin_batch_sql.common.events import ROW, run_columns, write_events
from tocsin_batch_sql.common.misfits import as_texts, beside, may_misfit
from tocsin_batch_sql.common.pack_run import CLASS, PORTION, Classify, PackRun, ValueRows, of
from tocsin_batch_sql.duckdb.macros import MACROS
from tocsin_batch_sql.duckdb.memory import in_memory
from tocsin_batch_sql.duckdb.printer import printed
from tocsin_batch_sql.duckdb.tables import lists, loaded
from tocsin_matcher.tables import SAMPLE, TablePack

SEED = 7
DISTINCT, ID, LISTS = "~distinct", "~id", "~lists"


def run_pack(
    source: Source, parts: Sequence[Part], events: Sequence[Mapping[str, Any]]
) -> list[Match]:
    """The matches of parts on events, on a table in memory, sorted."""
    with TemporaryDirectory(prefix="tocsin-") as folder, in_memory(folder) as connection:
        connection.execute(MACROS)
        file = Path(folder) / "events.jsonl"
        key = write_events(file, events)
        for made in loaded(source, str(file), key, timed=False):
            connection.execute(printed(made))
        found = run_pack_table(connection, beside(source, ""), source, parts)
        if may_misfit(source):
            connection.execute(printed(_view(LISTS, lists(source, run_columns(source, key)))))
            found += run_pack_table(connection, LISTS, as_texts(source), parts)
        return sorted(found)


def _view(target: str, select: exp.Select) -> exp.Create:
    return exp.Create(this=table(target), kind="VIEW", replace=True, expression=select)


def run_pack_table(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    source: Source,
    parts: Sequence[Part],
    row: str = ROW,
) -> list[Match]:
    """The matches of parts on a table or view with the columns of the source, sorted.

    `row` is its column with the number of the event. The connection gets temporary tables.
    """
    pack = TablePack(parts, source.values_column)
    return sorted(DuckDbRun(connection, source, pack, relation, row).matches())


class DuckDbRun(PackRun):
    """DuckDB."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        pack: TablePack,
        relation: str,
        row: str,
    ) -> None:
        super().__init__(source, pack, relation, row)
        self._connection = connection

    def sample(self, rows: exp.Select) -> ValueRows:
        """A sample of all rows, the same one for the same table."""
        some = f"USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE ({SEED})"
        return self._connection.execute(f"{printed(rows)}\n{some}").fetchall()

    def rows(self, select: exp.Select) -> Iterator[ValueRows]:
        """By fetchmany."""
        found = self._connection.execute(printed(select))
        while rows := found.fetchmany(PORTION):
            yield rows

    def keep(
        self, target: str, select: exp.Select, parameters: Sequence[Sequence[int]] = ()
    ) -> None:
        """A temporary table."""
        temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
        made = exp.Create(
            this=table(target), kind="TABLE", replace=True, properties=temporary, expression=select
        )
        self._connection.execute(printed(made), parameters)

    def classed(self, target: str, distinct: exp.Select, classify: Classify) -> int:
        """Values never come back from Python, only the numbers of their rows."""
        self.keep(DISTINCT, distinct)
        numbers: list[int] = []
        classes: list[int] = []
        for rows in self.rows(exp.select(ident("rowid"), exp.Star()).from_(table(DISTINCT))):
            found = classify([row[1:] for row in rows])
            numbers += [row[0] for row, each in zip(rows, found, strict=True) if each]
            classes += [each for each in found if each]
        self.feed(target, {ID: numbers, CLASS: classes})
        own = exp.EQ(this=of(DISTINCT, "rowid"), expression=ident(ID))
        both = exp.select(exp.Star(except_=[name(ID)])).from_(table(DISTINCT))
        self.keep(target, both.join(table(target), on=own))
        return len(numbers)

    def feed(self, target: str, columns: Mapping[str, Sequence[int]]) -> None:
        """Lists as parameters."""
        listed = [
            exp.alias_(func("UNNEST", exp.cast(exp.Placeholder(), "INT[]")), column, quoted=True)
            for column in columns
        ]
        self.keep(target, exp.select(*listed), list(columns.values()))

    def no_texts(self) -> Sql:
        """A list of VARCHAR."""
        return exp.cast(exp.Array(), "TEXT[]")
