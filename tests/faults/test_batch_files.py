"""Files of events as the emitted SQL reads them: broken lines, equal keys, hostile names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from click.testing import CliRunner

from sql_cases import HOSTILE, query
from tocsin.cli.main import main_group
from tocsin.ir.nodes import Leaf, Text
from tocsin.model.artifact import Job, Match
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.duckdb.memory import in_memory
from tocsin_batch_sql.spark.backend import SparkSql
from tocsin_batch_sql.spark.session import session

HERE = Path(__file__).parent
SOURCE = Source(
    "app",
    (
        Column("a", FieldType.STRING, ("a",)),
        Column("n", FieldType.INTEGER, ("n",)),
        Column("o.b", FieldType.STRING, ("o", "b")),
    ),
    table="app",
)
GOOD = [
    b'{"a":"b"}',
    b' {"a":"B","n":[1]} ',
    b'{"a":["x","b"],"n":"NaN, Infinity ,]"}',
    b'{"a":"b","n":12345678901234567890123456789012345678901234567890}',
    b'{"a":"x","a":"b"}',
    b'{"o":{"b":"x"},"a":"b","o":{"b":"x","b":"y"}}',
    b'{"a":"b","x":"1e999"}',
]
BAD = [
    *(b'{"a":"b"', b'{"a":"b",}', b'{"a":"b","n":NaN}', b'{"a":"b","n":-Infinity}'),
    *(b'{"a":"b","n":[1,]}', b'{"a":"b","n":1e999}', b'[{"a":"b"}]', b"5", b"null", b'"b"'),
    *(b'{"a":"b"}\x00', b'{"a":"b\xff"}', b'{"a":"b"} {"a":"b"}', b'{"a":"b"},{"a":"b"}'),
    *(b'{"a":"b"}]', b'{"a":"b"}}', b'{"a":"b"} x', b'{"a":"\\ud800","n":1}', b"{'a':'b'}"),
]
"""None of them is an event for a worker either."""


def write(folder: Path) -> None:
    """Good and bad lines by turns, blank ones between them."""
    lines: list[bytes] = []
    for number, bad in enumerate(BAD):
        lines += [bad, b"", *GOOD[number : number + 1]]
    (folder / "app").mkdir()
    (folder / "app/a.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    (folder / "app/b.jsonl").write_bytes(b'{"a":"last"}\n')


def on_duckdb(folder: Path) -> tuple[Any, str]:
    connection = duckdb.connect()
    connection.execute(BatchSql().tables(SOURCE).replace("'app/", f"'{folder}/app/"))
    return lambda text: connection.sql(text).fetchall(), '"'


def on_spark(folder: Path) -> tuple[Any, str]:
    spark = session()
    for text in SparkSql().tables(SOURCE).replace("`app/", f"`{folder}/app/").split(";\n")[:-1]:
        spark.sql(text)
    return lambda text: [tuple(row) for row in spark.sql(text).collect()], "`"


BOTH = [
    pytest.param(on_duckdb, BatchSql(), id="duckdb"),
    pytest.param(on_spark, SparkSql(), id="spark", marks=pytest.mark.engine),
]


def test_a_worker_reads_the_good_and_refuses_the_bad() -> None:
    for line in GOOD:
        assert isinstance(orjson.loads(line), dict)
    for line in BAD:
        with pytest.raises((orjson.JSONDecodeError, AssertionError)):
            assert isinstance(orjson.loads(line), dict)


@pytest.mark.parametrize(("made", "backend"), BOTH)
def test_a_broken_line_is_told_and_takes_no_other_with_it(
    made: Any, backend: BatchSql | SparkSql, tmp_path: Path
) -> None:
    write(tmp_path)
    run, quote = made(tmp_path)
    statement = backend.compile(query(Leaf("a", Text(("b",))), SOURCE)).body.decode()
    assert len(run(statement)) == len(GOOD)
    refused = run(f"FROM {quote}app__refused{quote} SELECT *")
    assert len(refused) == len(BAD)
    assert {Path(row[0]).name for row in refused} == {"a.jsonl"}
    assert all(row[1 if quote == "`" else 2].startswith("not ") for row in refused)


@pytest.mark.parametrize(("made", "backend"), BOTH)
def test_of_equal_keys_the_last_counts_and_drift_is_counted(
    made: Any, backend: BatchSql | SparkSql, tmp_path: Path
) -> None:
    write(tmp_path)
    run, quote = made(tmp_path)
    statement = backend.compile(query(Leaf("o.b", Text(("y",))), SOURCE)).body.decode()
    assert len(run(statement)) == 1
    drift = sorted(run(f"FROM {quote}app__drift{quote} SELECT *"))
    assert drift == [("a", 1), ("n", 3)]


def test_lines_have_numbers_on_duckdb(tmp_path: Path) -> None:
    write(tmp_path)
    run, _ = on_duckdb(tmp_path)
    lines = [row[1] for row in run('SELECT * FROM "app__refused"')]
    assert lines == [
        *range(1, 2 * len(GOOD), 2),
        *range(2 * len(GOOD) + 1, len(GOOD) + len(BAD) + 1),
    ]


@pytest.mark.parametrize("engine", ["evaluator", "duckdb"])
def test_the_cases_of_the_project_pass(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "declared-types-only-in-sql")
    told = CliRunner().invoke(main_group, ["test", "--engine", engine])
    assert told.exit_code == 0, told.output


def test_emitted_sql_on_the_files_as_they_are(tmp_path: Path) -> None:
    for name, events in (("batch-one-broken-line", 2), ("duplicate-json-keys", 2)):
        out, rule = tmp_path / name, HERE / name / "rule.yml"
        words = ["compile", str(rule), "--target", "batch-sql", "--out", str(out)]
        assert CliRunner().invoke(main_group, words).exit_code == 0
        made = out / "batch-sql/events"
        connection = duckdb.connect()
        tables = (made / "_tables.sql").read_text()
        connection.execute(tables.replace("'events/", f"'{HERE / name}/"))
        found = connection.execute((made / "rule.sql").read_text()).fetchall()
        assert len(found) == events
    assert found[0][1] == "role.grant"
    assert json.loads((HERE / name / "events.jsonl").read_text().splitlines()[0]) == {
        "action": "role.grant"
    }


def test_a_name_is_a_name() -> None:
    backend = BatchSql()
    for name in HOSTILE:
        of = Source("s", tuple(Column(n, FieldType.STRING, (n,)) for n in HOSTILE), table=name)
        artifacts = tuple(
            backend.compile(query(Leaf(n, Text(("hit",))), of, f"d{at}"))
            for at, n in enumerate(HOSTILE)
        )
        events = tuple({n: ["HIT"] if at % 2 else "HIT"} for at, n in enumerate(HOSTILE))
        [found] = backend.run([Job((of,), artifacts, events)])
        assert sorted(found) == sorted(Match(f"d{n}", n) for n in range(len(HOSTILE)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('/etc/hosts')",
        "SELECT * FROM '/etc/hosts.csv'",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/tocsin-leak.csv'",
        "ATTACH '/tmp/tocsin-leak.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
    ],
)
def test_a_run_reads_and_writes_nothing_but_its_folder(text: str, tmp_path: Path) -> None:
    with in_memory(str(tmp_path)) as connection, pytest.raises(duckdb.Error, match=r"\w"):
        connection.execute(text).fetchall()
