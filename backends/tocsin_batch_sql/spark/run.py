"""Jobs on Spark: the events of jobs as tables in memory, then statement by statement.

A table is a relation of rows in the driver: Spark's optimizer answers a statement on it by itself,
at a fraction of the price of a job, and thousands of statements are the common case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlglot import exp

from tocsin.errors import EngineError
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Column, Source
from tocsin.sql.tree import ident, name
from tocsin_batch_sql.common.arrays import DETECTION_ID, physical_names
from tocsin_batch_sql.common.correlation import Tables, counted, match_of
from tocsin_batch_sql.common.event_time import in_order_of_arrival, said
from tocsin_batch_sql.common.events import ROW, run_columns, write_events
from tocsin_batch_sql.common.misfits import FIELDS, MISFITS, TEXTS, beside, may_misfit
from tocsin_batch_sql.spark.event_time import milliseconds
from tocsin_batch_sql.spark.functions import FUNCTIONS
from tocsin_batch_sql.spark.printer import printed
from tocsin_batch_sql.spark.tables import objects, rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

THREADS = 2
COLUMNS = 600
"""Columns of one load; wider ones take Spark's analysis longer than two loads."""


@dataclass(frozen=True)
class _Group:
    """Jobs over the same events whose columns agree; they are loaded together."""

    jobs: tuple[Job, ...]
    columns: dict[str, Column]

    def joined(self, job: Job) -> _Group | None:
        """The group with one more job, if it fits."""
        mine = _columns(job.source)
        both = self.columns | mine
        agree = all(self.columns.get(name, column) == column for name, column in mine.items())
        first = self.jobs[0]
        alike = first.source.fits == job.source.fits and first.events == job.events
        fits = agree and alike and len(both) <= COLUMNS
        return _Group((*self.jobs, job), both) if fits else None


def run_jobs(spark: SparkSession, jobs: Sequence[Job]) -> list[list[Match]]:
    """The matches of each job, sorted. Raises EngineError where a statement fails."""
    with _told():
        prepare(spark)
        return [found for some in _neighbours(jobs) for found in some(spark)]


@contextmanager
def loaded(spark: SparkSession, job: Job) -> Iterator[Tables]:
    """A job of correlations with its events in views. Raises EngineError, also in the block."""
    with _told(), ThreadPoolExecutor(THREADS) as pool:
        prepare(spark)
        _load_timed(spark, job)
        fetched = partial(pool.map, lambda text: spark.sql(text).collect())
        yield Tables(job.artifacts, fetched, printed(counted()))


@contextmanager
def _told() -> Iterator[None]:
    """What Spark says of a statement becomes an EngineError."""
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an optional extra

    try:
        yield
    except PySparkException as error:
        raise EngineError(f"spark: {first_line(error)}") from None


@cache
def prepare(spark: SparkSession) -> None:
    """Make the functions, once a session."""
    for function in FUNCTIONS:
        spark.sql(function)


def first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _neighbours(jobs: Sequence[Job]) -> Iterator[Callable[[SparkSession], Iterable[list[Match]]]]:
    """What to do, in order; a job of correlations is loaded alone, with times."""
    for stateful, some in groupby(jobs, lambda job: any(a.stateful for a in job.artifacts)):
        if stateful:
            yield from (partial(_correlated, job=job) for job in some)
        else:
            yield from (partial(_run, group=group) for group in _groups(list(some)))


def _correlated(spark: SparkSession, job: Job) -> list[list[Match]]:
    _load_timed(spark, job)
    return [_matches(spark, job.artifacts)]


def _load_timed(spark: SparkSession, job: Job) -> None:
    with TemporaryDirectory(prefix="tocsin-") as folder:
        file = Path(folder) / "events.jsonl"
        key = write_events(file, job.events)
        for source in job.sources:
            columns = [*run_columns(source, key), *said(source)]
            found = rows(columns, objects(str(file)), fits=not may_misfit(source))
            timed = in_order_of_arrival(source, found, milliseconds, ROW)
            place(spark, source, in_memory(spark.sql(printed(timed)), spark))


def _groups(jobs: Sequence[Job]) -> Iterator[_Group]:
    group: _Group | None = None
    for job in jobs:
        joined = group.joined(job) if group else None
        if group and not joined:
            yield group
        group = joined or _Group((job,), _columns(job.source))
    if group:
        yield group


def _columns(source: Source) -> dict[str, Column]:
    """Its columns and, if it is none of them, that of all scalars."""
    return {column.name: column for column, _ in run_columns(source, ROW)[1:]}


def _run(spark: SparkSession, group: _Group) -> Iterator[list[Match]]:
    whole = replace(group.jobs[0].source, columns=tuple(group.columns.values()), values_column="")
    with TemporaryDirectory(prefix="tocsin-") as folder:
        file = Path(folder) / "events.jsonl"
        columns = run_columns(whole, write_events(file, group.jobs[0].events))
        made = rows(columns, objects(str(file)), fits=not may_misfit(whole))
        events = in_memory(spark.sql(printed(made)), spark)
    names = physical_names(whole)
    for job in group.jobs:
        own = physical_names(job.source)
        chosen = [printed(exp.alias_(ident(names[n]), own[n], quoted=True)) for n in own]
        others = [ROW, FIELDS, TEXTS] if may_misfit(whole) else [ROW]
        chosen += [printed(ident(column)) for column in others]
        place(spark, job.source, events.selectExpr(*chosen))
        yield _matches(spark, job.artifacts)


def place(spark: SparkSession, source: Source, events: DataFrame) -> None:
    """Make the relations that statements read of all events of a run."""
    parts = {"": events}
    if FIELDS in events.columns:
        none = f"`{FIELDS}` IS NULL"
        parts[""] = events.where(none).drop(FIELDS, TEXTS)
        parts[MISFITS] = events.where(f"NOT ({none})")
    for what, part in parts.items():
        in_memory(part, spark).createOrReplaceTempView(printed(name(beside(source, what))))


def in_memory(frame: DataFrame, spark: SparkSession) -> DataFrame:
    """The rows as a relation in the driver; they never come to Python."""
    from pyspark.sql import DataFrame  # noqa: PLC0415 - an optional extra

    java = frame._jdf  # noqa: SLF001 - PySpark has no public way to keep rows in the JVM
    session = spark._jsparkSession  # noqa: SLF001
    return DataFrame(session.createDataFrame(java.collectAsList(), java.schema()), spark)


def _matches(spark: SparkSession, artifacts: Sequence[Artifact]) -> list[Match]:
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda artifact: _found(spark, artifact), artifacts)
        return sorted(match for matches in found for match in matches)


def _found(spark: SparkSession, artifact: Artifact) -> list[Match]:
    text = artifact.body.decode()
    if artifact.stateful:
        return [match_of(row) for row in spark.sql(text).collect()]
    return [Match(*row) for row in spark.sql(_numbered(text)).collect()]


def _numbered(statement: str) -> str:
    """A deployed statement as it is, reduced to the detection's id and the event's number."""
    return f"SELECT `{DETECTION_ID}`, `{ROW}` FROM (\n{statement})"  # noqa: S608 - our own text
