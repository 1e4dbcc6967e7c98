"""Faults of the batch SQL: each once more, with the right value, on engines in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sql_cases import query, source
from tocsin.cli.main import main_group
from tocsin.compile import Refusal, compile_query
from tocsin.ir.nodes import Leaf, Regex, Text, Wild
from tocsin.model.artifact import Artifact
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.spark.backend import SparkSql
from tocsin_flink_sql.backend import FlinkSql

HERE = Path(__file__).parent
LOCAL = [["evaluator"], ["matcher"], ["duckdb", "--form", "sql"], ["duckdb", "--form", "pack"]]
SPARK = [["spark", "--form", "sql"], ["spark", "--form", "pack"]]
ENGINES = [
    *(pytest.param(words, id=" ".join(words)) for words in LOCAL),
    *(pytest.param(words, id=" ".join(words), marks=pytest.mark.engine) for words in SPARK),
]


GTE, GT = [("rule", n) for n in (1, 2)], [("rule-2", n) for n in (0, 1, 2)]


def scan(folder: Path, engine: list[str]) -> list[tuple[str, int]]:
    """The matches of a folder's rules on its events: rule and number of the event."""
    words = ["scan", "--rules", str(folder / "rule.yml"), "--events", str(folder / "events.jsonl")]
    told = CliRunner().invoke(main_group, [*words, "--ignore-logsource", "--engine", *engine])
    assert told.exit_code == 0, f"{told.output}{told.exception!r}"
    found = map(json.loads, told.stdout.splitlines())
    return sorted((each["rule"], each["event"]) for each in found)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("like-escape-crash", [("rule", 0)]),
        ("duckdb-regex-named-group", [("rule", 3), *(("rule-1", n) for n in (0, 1, 2))]),
        ("duckdb-column-names", [("rule", 2), ("rule-1", 0), ("rule-2", 1)]),
        ("column-names-of-tables", [(f"rule-{n}", n - 1) for n in range(1, 10)]),
        ("sixty-four-bits", [("rule", 0), ("rule", 2)]),
        ("sixty-four-bits-compared", [*GTE, ("rule-1", 0), *GT]),
    ],
)
def test_a_scan_finds(name: str, right: list[tuple[str, int]], engine: list[str]) -> None:
    assert scan(HERE / name, engine) == right


GROUPED = """
title: one
name: one
logsource: {product: x}
detection: {s: {a: hit}, condition: s}
---
title: many
name: many
correlation:
  type: value_count
  rules: [one]
  group-by: ["~time", key_1, "~event"]
  timespan: 5m
  condition: {field: value_1, gte: 2}
"""


@pytest.mark.parametrize("engine", ENGINES[:1] + ENGINES[2:3] + ENGINES[4:5])
def test_groups_and_values_of_fields_named_as_columns_of_ours(
    tmp_path: Path, engine: list[str]
) -> None:
    groups = (("g", "k", 1), ("g", "k", 1), ("g", "other", 2), ("h", "k", 2), ("g", "k", 2))
    same = {"a": "hit", "~event": "e"}
    events = [
        {**same, "~time": g, "key_1": k, "value_1": v, "time": f"2026-01-01T00:00:0{n}Z"}
        for n, (g, k, v) in enumerate(groups)
    ]
    (tmp_path / "rule.yml").write_text(GROUPED)
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in events))
    assert scan(tmp_path, engine) == [("many", 4)]


@pytest.mark.parametrize("backend", [BatchSql(), SparkSql(), FlinkSql()], ids=lambda b: b.name)
def test_a_word_of_the_printer_is_text(backend: BatchSql | SparkSql | FlinkSql) -> None:
    expr = Leaf("text", Text(("__SQLGLOT__LB__",), cased=True))
    assert "'__SQLGLOT__LB__'" in backend.compile(query(expr, source())).body.decode()


def test_what_java_takes_long_for_is_made_linear_or_refused_on_spark() -> None:
    of = source()
    made = compile_query(query(Leaf("text", Regex("x*" * 9 + "y")), of), SparkSql())
    assert isinstance(made, Artifact)
    assert b"x*x*" not in made.body
    refused = compile_query(query(Leaf("text", Regex("^(a+)+$")), of), SparkSql())
    assert isinstance(refused, Refusal)
    assert refused.reason == "backtracks"
    many = Text((Wild.MANY, *("a", Wild.MANY) * 9, "b"))
    glob = compile_query(query(Leaf("text", many), of), SparkSql())
    assert isinstance(glob, Artifact)
    assert glob.body.count(b"(?>.*?a)") >= 9
