"""The batch backend: portable SQL, run by the embedded DuckDB."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from sqlglot import exp

from tocsin.backend.base import Endpoints
from tocsin.backend.forms import FormCosts
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin.sql.tree import table
from tocsin_batch_sql.common.arrays import DETECTION_ID
from tocsin_batch_sql.common.backend import PortableSql
from tocsin_batch_sql.common.correlation import Tables, counted, match_of
from tocsin_batch_sql.common.events import ROW, write_events
from tocsin_batch_sql.common.misfits import MISFITS, beside, may_misfit
from tocsin_batch_sql.duckdb.correlation import correlated
from tocsin_batch_sql.duckdb.detection import definitions, of_those_that_fit, statement
from tocsin_batch_sql.duckdb.macros import MACROS
from tocsin_batch_sql.duckdb.memory import cursor_of, in_memory
from tocsin_batch_sql.duckdb.pack import run_pack
from tocsin_batch_sql.duckdb.printer import printed
from tocsin_batch_sql.duckdb.tables import loaded

COSTS = FormCosts(
    sql_detection=0.005, sql_pair=2.5e-7, pack_once=0.06, pack_detection=0.002, pack_event=7e-6
)
"""Seconds of processor time, fitted to scans of 1 to 400 rules of process creation on 100 and 5,000
events (docs/decisions/sql-backends.md)."""


class BatchSql(PortableSql):
    """Backend `batch-sql` on the engine `duckdb`."""

    name = "batch-sql"
    engine = "duckdb"
    form_costs = COSTS

    def select(self, query: Resolved) -> str:
        """The statement of a detection, in the words of DuckDB."""
        return correlated(query) if isinstance(query, CorrelationQuery) else statement(query)

    def engine_version(self, endpoints: Endpoints) -> str:
        """Of the embedded DuckDB."""
        del endpoints
        return duckdb.__version__

    def tables(self, source: Source) -> str:
        """The definition of the view that the source's statements read, over JSON lines."""
        return definitions(source)

    def run_pack(
        self,
        source: Source,
        parts: Sequence[Part],
        events: Sequence[Mapping[str, Any]],
        endpoints: Endpoints | None = None,
    ) -> list[Match]:
        """All detections of a source in one scan of a table in memory."""
        del endpoints
        return run_pack(source, parts, events)

    def run(self, jobs: Sequence[Job], endpoints: Endpoints | None = None) -> list[list[Match]]:
        """Run each job on a table of its own, in memory."""
        del endpoints
        with _opened() as opened:
            return [_run(job, opened) for job in jobs]

    @contextmanager
    def loaded(self, job: Job, endpoints: Endpoints | None = None) -> Iterator[Tables]:
        """A job's events in tables, in memory."""
        del endpoints
        with _opened() as (file, connection, pool):
            _load(job, file, connection)
            fetched = partial(pool.map, partial(_fetched, connection))
            yield Tables(job.artifacts, fetched, printed(counted()))


OpenDatabase = tuple[Path, duckdb.DuckDBPyConnection, ThreadPoolExecutor]


@contextmanager
def _opened() -> Iterator[OpenDatabase]:
    """A file for events, an empty database that may read it, and threads."""
    with (
        TemporaryDirectory(prefix="tocsin-") as folder,
        in_memory(folder) as connection,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        connection.execute(MACROS)
        yield Path(folder) / "events.jsonl", connection, pool


def _run(job: Job, opened: OpenDatabase) -> list[Match]:
    file, connection, pool = opened
    _load(job, file, connection)
    fit = all(_all_fit(source, connection) for source in job.sources)
    found = pool.map(partial(_matches, connection, fit=fit), job.artifacts)
    return sorted(match for matches in found for match in matches)


def _all_fit(source: Source, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the source's own table has all events."""
    if not may_misfit(source):
        return True
    counted = exp.select(exp.Count(this=exp.Star())).from_(table(beside(source, MISFITS)))
    return connection.execute(printed(counted)).fetchall() == [(0,)]


def _load(job: Job, file: Path, connection: duckdb.DuckDBPyConnection) -> None:
    key = write_events(file, job.events)
    timed = any(artifact.stateful for artifact in job.artifacts)
    for source in job.sources:
        for made in loaded(source, str(file), key, timed=timed):
            connection.execute(printed(made))


def _matches(
    connection: duckdb.DuckDBPyConnection, artifact: Artifact, *, fit: bool
) -> list[Match]:
    """One statement at a time: planning is most of the work, and a UNION of many plans slower.

    Where all events fit, what a statement asks of the others is not even planned.
    """
    statement = artifact.body.decode()
    if artifact.stateful:
        return [match_of(row) for row in _fetched(connection, statement)]
    asked = of_those_that_fit(statement) if fit else statement
    return [Match(*row) for row in _fetched(connection, _numbered(asked))]


def _fetched(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    with cursor_of(connection) as cursor:
        return cursor.execute(statement).fetchall()


def _numbered(statement: str) -> str:
    """A deployed statement as it is, reduced to the detection's id and the event's number."""
    return f'SELECT "{DETECTION_ID}", "{ROW}" FROM (\n{statement})'  # noqa: S608 - our own text
