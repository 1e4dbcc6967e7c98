"""Event time of any text: every engine reads the moment that the evaluator reads, or none."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from correlation_cases import LEFT, START
from tocsin.ir.evaluate import View
from tocsin.ir.stream import clock_of
from tocsin.ir.times import parse_millis
from tocsin.model.source import Column, FieldType, Source, TimeUnit
from tocsin.sql.correlation.engine import TIME
from tocsin_batch_sql.common.events import ROW, write_events
from tocsin_batch_sql.common.misfits import ALL, MISFITS, beside
from tocsin_batch_sql.duckdb.macros import MACROS
from tocsin_batch_sql.duckdb.printer import printed
from tocsin_batch_sql.duckdb.tables import loaded
from tocsin_batch_sql.spark.session import session
from tocsin_batch_sql.spark.tables import definitions
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.bounded.topics import produce
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions
from tocsin_flink_sql.sql.tables import TopicLocation, source_table, view
from tocsin_kafka.topics import temporary
from whole import share

DAYS = ["2026-01-01", "2024-02-29", "2026-02-29", "2026-02-30", "2026-04-31", "2026-00-10"]
DAYS += ["2026-13-01", "2026-01-00", "2026-01-32", "1969-12-31", "1900-02-29", "2000-02-29"]
DAYS += ["0001-01-01", "0000-12-31", "9999-12-31", "1582-10-10", "0004-02-29", "1883-11-18"]
CLOCKS = ["", "T00:00", "T23:59:59.999", " 24:00:00", "T23:60", "T10:30:60", "T10:30:15.1", "T10"]
CLOCKS += [
    "T10:30:15.123456789",
    "T10:30:15.",
    "t10:30",
    "T10:30:15,5",
    "  10:30",
    "T9:30",
    "T1030",
]
ZONES = [
    "",
    "Z",
    "z",
    "+00:00",
    "-00:00",
    "+01:00",
    "-23:59",
    "+23:59",
    "+24:00",
    "+01:60",
    "+0100",
]
ZONES += ["+01", " +01:00", "UTC", "[UTC]"]
ODD = ["", " ", "yesterday", "20260101", "2026-1-1", "2026-01-01 ", " 2026-01-01", "2026-01-01\n"]
ODD += [
    "+2026-01-01",
    "-2026-01-01",
    "12026-01-01",
    "2026-01-01T10:30Z\n",
    "1767225600",
    "٢٠٢٦-01-01",
]
ODD += [
    "2026/01/01",
    "2026-W01-1",
    "2026-001",
    "infinity",
    "epoch",
    "now",
    "2026-01-01T10:30:15.5ZZ",
]
TEXTS = [*ODD, *("".join(parts) for parts in product(DAYS, CLOCKS, ZONES))]
VALUES: list[Any] = [
    *TEXTS,
    *(0, -1, 1767225600, 1767225600123, 1767225600123456, 1767225600123456789, 2**63 - 1, 2**64),
    *(-62135596800, 253402300799, 253402300800, -62135596801, 253402300799999, 253402300800000),
    *(1767225600.5, 1767225600.123, -0.0001, -1.0005, 0.1, 1e20, 1e21, 1e-7, 253402300799.9999),
    *("-0", "0001767225600", "1767225600.", ".5", "1.7e9", "+1767225600", " 1767225600", "1_0"),
    *("9" * 19, "9" * 24, "9" * 400, "0" * 40 + "5", "-0.000000001", "1767225600.1239999", "٣"),
    *("1767225600\n", "-", "--1", "1.2.3", "0x10", "NaN", "Infinity", True, None, {}, {"a": 1}),
    *([], [1767225600], ["2026-01-01"], [1, 2], [None, 1767225600], [{}, 5], [[1767225600]]),
]
"""Texts, and values of every other kind: an event tells its time in the one text form it has."""
SOURCES = [
    replace(LEFT, time_unit=unit, columns=columns)
    for unit in TimeUnit
    for columns in (
        LEFT.columns,
        tuple(replace(c, type=FieldType.INTEGER) if c.name == "time" else c for c in LEFT.columns),
    )
]
"""However the field is declared, and in every unit."""


def _read(value: Any, unit: TimeUnit) -> int | None:
    return clock_of(replace(LEFT, time_unit=unit))(View({"time": value}))


@pytest.mark.parametrize("unit", TimeUnit)
def test_the_values_are_both_times_and_none(unit: TimeUnit) -> None:
    read = [_read(value, unit) for value in VALUES]
    assert sum(moment is not None for moment in read) > 5
    assert None in read


def test_the_texts_are_both_times_and_none() -> None:
    read = [parse_millis(text) for text in TEXTS]
    assert sum(moment is not None for moment in read) > 200
    assert parse_millis(START.isoformat()) == 1767225600000


def _name(source: Source) -> str:
    column = source.column(source.time_field)
    assert column
    return f"{source.time_unit or 'text'}-{column.type}"


@pytest.mark.parametrize("source", SOURCES, ids=_name)
def test_duckdb(source: Source, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    key = write_events(file, [{"time": value} for value in VALUES])
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute(MACROS)
        for made in loaded(source, str(file), key, timed=True):
            connection.execute(printed(made))
        each = f'SELECT "{ROW}", "{TIME}" FROM "{{}}"'  # noqa: S608 - our own names
        parts = (each.format(beside(source, what)) for what in ("", MISFITS))
        rows = connection.sql(f"{' UNION ALL '.join(parts)} ORDER BY 1").fetchall()
    assert _wrong([got for _, got in rows], source.time_unit) == []


def _wrong(read: Sequence[int | None], unit: TimeUnit) -> list[tuple[Any, int | None, int | None]]:
    """Values that are read otherwise than by the evaluator."""
    wanted = [_read(value, unit) for value in VALUES]
    both = zip(VALUES, read, wanted, strict=True)
    return [(value, got, want) for value, got, want in both if got != want]


@pytest.mark.engine
def test_spark(tmp_path: Path) -> None:
    spark = session()
    key = write_events(tmp_path / "events.jsonl", [{"time": value} for value in VALUES])
    number = Column("of", FieldType.INTEGER, (key,))
    for at, source in enumerate(share(SOURCES, 4)):
        of = replace(source, table=f"left_times_{at}", columns=(*source.columns, number))
        made = definitions(of).replace(f"`left_times_{at}/", f"`{tmp_path}/")
        for text in made.split(";\n")[:-1]:
            spark.sql(text)
        found = spark.sql(f"SELECT `of`, `{TIME}` FROM `{beside(of, ALL)}`").collect()  # noqa: S608 - our own name
        read = {row["of"]: row[TIME] for row in found}
        wrong = _wrong([read[n] for n in range(len(VALUES))], source.time_unit)
        assert wrong == [], _name(source)


@pytest.mark.engine
def test_flink(endpoints: EngineAddresses) -> None:
    topic = "test-correlation-times"
    sources = [replace(s, table=f"left_times_{n}") for n, s in enumerate(SOURCES)]
    each = "SELECT {} AS n, `~offset`, DATE_FORMAT(`~time`, 'yyyy-MM-dd HH:mm:ss.SSS') FROM {}"
    with (
        temporary(endpoints.addresses["kafka"], [topic]),
        functions() as defined,
        Gateway(endpoints.addresses["flink_gateway"]) as session,
    ):
        produce(endpoints.addresses["kafka"], topic, [{"time": value} for value in VALUES])
        for statement in defined:
            session.execute(statement)
        for source in sources:
            session.execute(
                source_table(
                    source, TopicLocation(endpoints.addresses["kafka"], topic, bounded=True)
                )
            )
            session.execute(view(source))
        asked = (each.format(n, source.table) for n, source in enumerate(sources))
        rows = session.query(" UNION ALL ".join(asked))
    read = {(n, offset): told for n, offset, told in rows}
    assert len(read) == len(VALUES) * len(sources)
    for n, source in enumerate(sources):
        got = [_millis(read[n, offset]) for offset in range(len(VALUES))]
        assert _wrong(got, source.time_unit) == [], _name(source)


def _millis(told: str | None) -> int | None:
    return None if told is None else parse_millis(told)
