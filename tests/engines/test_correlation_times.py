"""Event time of any text: every engine reads the moment that the evaluator reads, or none."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import duckdb
import pytest

from correlation_cases import LEFT, START
from tocsin.backend.sql_correlation_engine import TIME
from tocsin.ir.times import parse_millis, parse_time
from tocsin_batch_sql.ddl import MACROS, loaded
from tocsin_batch_sql.emit import printed
from tocsin_batch_sql.events import ROW, write_events
from tocsin_batch_sql.spark.ddl import definitions
from tocsin_batch_sql.spark.session import session
from tocsin_flink_sql.ddl import Place, source_table, view
from tocsin_flink_sql.gateway import Gateway
from tocsin_flink_sql.jar import functions
from tocsin_flink_sql.topics import produce, topics
from tocsin_runtime.engines import Endpoints

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


def test_the_texts_are_both_times_and_none() -> None:
    read = [parse_millis(text) for text in TEXTS]
    assert sum(moment is not None for moment in read) > 200
    assert parse_millis(START.isoformat()) == 1767225600000


def test_duckdb(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    key = write_events(file, [{"time": text} for text in TEXTS])
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute(MACROS)
        connection.execute(printed(loaded(LEFT, str(file), key, timed=True)))
        table = connection.sql("SELECT * FROM left_events").order(f'"{ROW}"')
        rows = table.select(f'"{TIME}"').fetchall()
    assert {
        text: (got, parse_millis(text))
        for text, (got,) in zip(TEXTS, rows, strict=True)
        if got != parse_millis(text)
    } == {}


@pytest.mark.engine
def test_spark(tmp_path: Path) -> None:
    spark = session()
    of = replace(LEFT, table="left_times")
    write_events(tmp_path / "events.jsonl", [{"time": text} for text in TEXTS])
    for text in definitions(of).replace("`left_times/", f"`{tmp_path}/").split(";\n")[:-1]:
        spark.sql(text)
    found = spark.sql(f"SELECT `time`, `{TIME}` FROM left_times").collect()  # noqa: S608 - our own name
    read = {row["time"]: row[TIME] for row in found}
    wanted = {text: parse_millis(text) for text in TEXTS}
    assert {text: read[text] for text in wanted if read[text] != wanted[text]} == {}


@pytest.mark.engine
def test_flink(endpoints: Endpoints) -> None:
    assert endpoints.kafka
    assert endpoints.flink_gateway
    topic = "test-correlation-times"
    with (
        topics(endpoints.kafka, [topic]),
        functions() as defined,
        Gateway(endpoints.flink_gateway) as session,
    ):
        produce(endpoints.kafka, topic, [{"time": text} for text in TEXTS])
        for statement in defined:
            session.execute(statement)
        session.execute(source_table(LEFT, Place(endpoints.kafka, topic, bounded=True)))
        session.execute(view(LEFT))
        rows = session.query(
            "SELECT `~offset`, DATE_FORMAT(`~time`, 'yyyy-MM-dd HH:mm:ss.SSS') FROM `left_events`"
        )
    read: dict[int, str | None] = dict(rows)
    assert len(read) == len(TEXTS)
    wrong = {
        text: (read[number], _told(text))
        for number, text in enumerate(TEXTS)
        if read[number] != _told(text)
    }
    assert wrong == {}


def _told(text: str) -> str | None:
    moment = parse_time(text)
    if moment is None:
        return None
    return moment.replace(tzinfo=None).isoformat(" ", "milliseconds")
