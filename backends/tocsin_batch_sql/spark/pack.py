"""The pack on Spark: values come to the driver, classes go back as tables that are joined.

Nothing runs in Python on the executors, so they need neither Python nor pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson
from sqlglot import exp

from tocsin.errors import EngineError
from tocsin.model.artifact import Match
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin.sql.tree import Sql, ident, name
from tocsin_batch_sql.common.events import ROW, NamedColumn, run_columns, write_events
from tocsin_batch_sql.common.misfits import MISFITS, OURS, as_texts, beside, may_misfit
from tocsin_batch_sql.common.pack_run import CLASS, PORTION, Classify, PackRun, ValueRows
from tocsin_batch_sql.spark.printer import printed
from tocsin_batch_sql.spark.run import first_line, in_memory, place, prepare
from tocsin_batch_sql.spark.tables import objects, rows, texts_of
from tocsin_matcher.tables import SAMPLE, TablePack

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def run_pack(
    spark: SparkSession,
    source: Source,
    parts: Sequence[Part],
    events: Sequence[Mapping[str, Any]],
) -> list[Match]:
    """The matches of parts on events, sorted. Raises EngineError where Spark fails."""
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an optional extra

    try:
        prepare(spark)
        with TemporaryDirectory(prefix="tocsin-") as folder:
            file = Path(folder) / "events.jsonl"
            columns = run_columns(source, write_events(file, events))
            made = rows(columns, objects(str(file)), fits=not may_misfit(source))
            place(spark, source, in_memory(spark.sql(printed(made)), spark))
        found = run_pack_table(spark, beside(source, ""), source, parts)
        if may_misfit(source):
            lists = spark.table(printed(name(beside(source, MISFITS)))).selectExpr(*_lists(columns))
            in_memory(lists, spark).createOrReplaceTempView(printed(name(LISTS)))
            found += run_pack_table(spark, LISTS, as_texts(source), parts)
            spark.catalog.dropTempView(LISTS)
        return sorted(found)
    except PySparkException as error:
        raise EngineError(f"spark: {first_line(error)}") from None


LISTS = "~lists"


def _lists(columns: Sequence[NamedColumn]) -> list[str]:
    """The number of an event that does not fit, and a list of texts as each field's column."""
    fields = [(column.name, target) for column, target in columns if target not in OURS]
    made = [exp.alias_(texts_of(field), target, quoted=True) for field, target in fields]
    return [printed(ident(ROW)), *map(printed, made)]


def run_pack_table(
    spark: SparkSession,
    relation: str,
    source: Source,
    parts: Sequence[Part],
    row: str = ROW,
) -> list[Match]:
    """The matches of parts on a table or view with the columns of the source, sorted.

    `row` is its column with the number of the event.
    """
    pack = TablePack(parts, source.values_column)
    with _run(SparkRun(spark, source, pack, relation, row)) as run:
        return sorted(run.matches())


@contextmanager
def _run(run: SparkRun) -> Iterator[SparkRun]:
    try:
        yield run
    finally:
        run.drop()


class SparkRun(PackRun):
    """Spark."""

    def __init__(
        self, spark: SparkSession, source: Source, pack: TablePack, relation: str, row: str
    ) -> None:
        super().__init__(source, pack, relation, row)
        self._spark = spark
        self._kept: dict[str, DataFrame] = {}

    def sample(self, rows: exp.Select) -> ValueRows:
        """The first rows: any other sample reads them all."""
        sampled: ValueRows = self._frame(rows.limit(SAMPLE)).collect()
        return sampled

    def rows(self, select: exp.Select) -> Iterator[ValueRows]:
        """Partition by partition."""
        found: Iterator[Any] = self._frame(select).toLocalIterator()
        while portion := list(islice(found, PORTION)):
            yield portion

    def keep(self, target: str, select: exp.Select) -> None:
        """A view of rows that stay where they were made."""
        self._named(target, self._frame(select).persist())

    def classed(self, target: str, distinct: exp.Select, classify: Classify) -> int:
        """Only values of other classes than 0 go back."""
        frame = self._frame(distinct)
        made: list[tuple[Any, ...]] = []
        values: Iterator[Any] = frame.toLocalIterator()
        while portion := list(islice(values, PORTION)):
            pairs = zip(portion, classify(portion), strict=True)
            made += [(*row, each) for row, each in pairs if each]
        columns = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
        self._make(target, {**columns, CLASS: "INT"}, made)
        return len(made)

    def feed(self, target: str, columns: Mapping[str, Sequence[int]]) -> None:
        """All columns are INT."""
        self._make(target, dict.fromkeys(columns, "INT"), zip(*columns.values(), strict=True))

    def _make(self, target: str, types: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        """A relation in the driver. `createDataFrame` would start Python on the executors."""
        names = [f"c{n}" for n in range(len(types))]
        struct = ", ".join(f"{n}: {kind}" for n, kind in zip(names, types.values(), strict=True))
        data = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()
        select = f"SELECT INLINE(FROM_JSON(:data, 'ARRAY<STRUCT<{struct}>>'))"
        frame = in_memory(self._spark.sql(select, args={"data": data}), self._spark)
        self._named(target, frame.toDF(*types))

    def no_texts(self) -> Sql:
        """An array of STRING."""
        return exp.cast(exp.Array(), "ARRAY<STRING>")

    def drop(self) -> None:
        """Forget the views and what they keep."""
        for target, frame in self._kept.items():
            self._spark.catalog.dropTempView(target)
            frame.unpersist()

    def _frame(self, select: exp.Select) -> DataFrame:
        return self._spark.sql(printed(select))

    def _named(self, target: str, frame: DataFrame) -> None:
        frame.createOrReplaceTempView(printed(name(target)))
        self._kept[target] = frame
