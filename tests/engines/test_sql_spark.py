"""Portable SQL on Spark: a fixed table, folding, numbers, the deployed view, a missing engine."""

import json
import random
import struct
import sys
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sql_cases import nasty, query, source, table
from tocsin.app.engines import chosen
from tocsin.cli.commands.scan import scan
from tocsin.compile import Refusal, compile_query
from tocsin.errors import EngineError
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr, Leaf, Text, Wild, negate
from tocsin.ir.text import fold, number_text
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.tree import ident
from tocsin_batch_sql.common.events import view_columns, write_events
from tocsin_batch_sql.spark import session as spark_session
from tocsin_batch_sql.spark.backend import SparkSql
from tocsin_batch_sql.spark.dialect import SparkLeaves
from tocsin_batch_sql.spark.functions import FUNCTIONS
from tocsin_batch_sql.spark.printer import printed
from tocsin_batch_sql.spark.tables import definitions, objects, rows
from whole import share

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SOURCE = source()
SOME = share(list(table(SOURCE)), 40)
EXPRS: list[Expr] = [negate(e) if n % 2 else e for n, e in enumerate(SOME)]
"""Leaves and negations by turns: planning a statement takes Spark a good part of a second."""


def compiled(exprs: list[Expr]) -> list[Artifact]:
    made = [compile_query(query(e, SOURCE, f"d{n}"), SparkSql()) for n, e in enumerate(exprs)]
    assert {r.reason for r in made if isinstance(r, Refusal)} <= {"text-of-double"}
    return [a for a in made if not isinstance(a, Refusal)]


def wanted(artifacts: list[Artifact], events: list[dict[str, Any]]) -> set[Match]:
    return {
        Match(a.detection, n)
        for a in artifacts
        for n, event in enumerate(events)
        if evaluate(EXPRS[int(a.detection[1:])], event)
    }


def test_every_leaf_or_its_negation_on_nasty_events() -> None:
    events = nasty(SOURCE)
    artifacts = compiled(EXPRS)
    [found] = SparkSql().run([Job((SOURCE,), tuple(artifacts), tuple(events))])
    differing = sorted(set(found) ^ wanted(artifacts, events))
    assert not differing, [(EXPRS[int(m.detection[1:])], events[m.event]) for m in differing[:5]]
    assert len(artifacts) > len(EXPRS) * 0.8


@pytest.fixture
def elsewhere() -> "Iterator[SparkSession]":
    """A session of somebody else: another zone, code that is compiled, other settings."""
    session = spark_session.session().newSession()
    session.conf.set("spark.sql.session.timeZone", "America/New_York")
    session.conf.set("spark.sql.ansi.enabled", "false")
    session.conf.set("spark.sql.codegen.wholeStage", "true")
    session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")
    yield session
    session.sql("DROP VIEW IF EXISTS every_type")


def test_the_deployed_view_over_files_in_another_session(
    elsewhere: "SparkSession", tmp_path: Path
) -> None:
    events = nasty(SOURCE)
    folder = tmp_path / "every_type"
    folder.mkdir()
    key = write_events(folder / "a.jsonl", events[:20])  # blank lines are nothing
    (folder / "b.jsonl").write_text("\n")
    numbered = (*SOURCE.columns, Column("position", FieldType.INTEGER, (key,)))
    of = Source("every_type", numbered, table="every_type")
    for text in definitions(of).replace("`every_type/", f"`{folder}/").split(";\n")[:-1]:
        elsewhere.sql(text)
    # A choice: compiling one statement takes Spark a good second. The two long lists come last.
    some = compiled(EXPRS[:-2])[::30]
    found = {
        Match(row["detection_id"], row["position"])
        for artifact in some
        for row in elsewhere.sql(artifact.body.decode()).collect()
    }
    assert found == wanted(some, events[:20])


def texts_of(events: list[dict[str, Any]] | list[str], tmp_path: Path, value: str) -> list[Any]:
    """A value over the column `text` of events (or their JSON), in their order."""
    of = Source("t", (Column("text", FieldType.STRING, ("text",)),))
    file = tmp_path / "events.jsonl"
    lines = [e if isinstance(e, str) else json.dumps(e) for e in events]
    file.write_text("\n".join(lines))
    spark = spark_session.session()
    for function in FUNCTIONS:
        spark.sql(function)
    made = spark.sql(printed(rows(view_columns(of), objects(str(file)), fits=True)))
    return [row[0] for row in made.coalesce(1).selectExpr(value).collect()]


# Unicode 15 and 16 came between Python 3.11 and the ICU that Spark 4.3 has.
NEWER_THAN_PYTHON = {
    0x1C89, 0xA7CB, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA, 0xA7DC,
    *range(0x10D50, 0x10D66), *range(0x16EA0, 0x16EB9),
}  # fmt: skip


def test_lower_folds_every_code_point_as_the_evaluator_does(tmp_path: Path) -> None:
    """A thousand characters an event, with letters around them."""
    chars = [chr(n) for n in range(1, sys.maxunicode + 1) if not 0xD800 <= n <= 0xDFFF]
    events = [{"text": "A".join(chars[at : at + 1000])} for at in range(0, len(chars), 1000)]
    lowered = printed(SparkLeaves(SOURCE, {"text": "text"}).fold(ident("text")))
    texts = "a".join(texts_of(events, tmp_path, lowered))
    assert len(texts) == 2 * len(chars) - 1
    wrong = {ord(a) for a, b in zip(chars, texts[::2], strict=True) if fold(a) != b}
    assert wrong <= NEWER_THAN_PYTHON


def test_texts_of_numbers_are_canonical(tmp_path: Path) -> None:
    rand = random.Random(4)
    bits = [struct.unpack("<d", rand.randbytes(8))[0] for _ in range(1500)]
    plain = [rand.uniform(-1, 1) * 10 ** rand.randint(-9, 24) for _ in range(1500)]
    doubles = [d for d in (*bits, *plain, 8.41e21, 2.0**-44, 2e-3, 1e21, 1e7) if isfinite(d)]
    given = [
        *map(repr, doubles),
        "5.0",
        "-0",
        "-0.0",
        "1E5",
        "0.1000000000000000055511151231257827",
    ]
    given += ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "5.00", "1e-7"]
    given += ["100000000000000000000000000000000000000000", "12345678.5", "1e2"]
    found = texts_of([f'{{"text": {text}}}' for text in given], tmp_path, "text")
    expected = [number_text(json.loads(text)) for text in given]
    assert [(g, f, e) for g, f, e in zip(given, found, expected, strict=True) if f != e] == []


def test_spark_replaces_no_variables_in_literals() -> None:
    events = [{"text": "${env:PATH}"}, {"text": "x"}, {"text": "a\x001"}]
    leaves: list[Expr] = [
        Leaf("text", Text(("${env:PATH}",), cased=True)),
        Leaf("text", Text((Wild.MANY, "${ENV:PATH}"), cased=False)),
        Leaf("text", Text((Wild.MANY, "\x001"))),
    ]
    [found] = SparkSql().run([Job((SOURCE,), tuple(compiled(leaves)), tuple(events))])
    assert found == [Match("d0", 0), Match("d2", 2)]


@pytest.mark.parametrize("what", ["env:PATH", "system:user.home", "hiveconf:x", "spark.app.name"])
def test_a_statement_holds_no_variable(what: str) -> None:
    field = f"x${{{what}}}"
    of = Source("t", tuple(Column(n, FieldType.STRING, (n,)) for n in (field, field.upper())))
    made = compile_query(query(Leaf(field, Text((field,), cased=True)), of), SparkSql())
    assert isinstance(made, Artifact)
    assert b"${" not in made.body
    assert "${" not in SparkSql().tables(of)


def test_a_table_with_a_variable_is_refused() -> None:
    of = Source("t", (Column("a", FieldType.STRING, ("a",)),), table="t${env:PATH}")
    made = compile_query(query(Leaf("a", Text(("a",))), of), SparkSql())
    assert isinstance(made, Refusal)
    assert made.reason == "name-with-variable"


def test_a_statement_that_spark_refuses_is_an_engine_error() -> None:
    [good] = compiled([Leaf("text", Text(("a",)))])
    body = good.body.replace(b"`text`", b"`nothing`")
    bad = Artifact("d0", "d0", "spark-sql", "every_type", "", "sql", body)
    with pytest.raises(EngineError, match="nothing"):
        SparkSql().run([Job((SOURCE,), (bad,), ({"text": "a"},))])


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None if name == "pyspark" else 1)


@pytest.mark.usefixtures("without_spark")
def test_without_pyspark_all_engines_are_all_others() -> None:
    notes: list[str] = []
    names = chosen(("all",), notes.append)
    assert "spark" not in names
    assert "duckdb" in names
    assert any("spark is left out: pyspark is not installed" in note for note in notes)


@pytest.mark.usefixtures("without_spark")
def test_without_pyspark_the_engine_is_an_error_with_a_hint(tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "title: T\nid: 6a5c5c5e-3c0b-4a3e-9a58-3f0f5ad7a111\nlogsource: {product: x}\n"
        "detection: {s: {a: b}, condition: s}\n"
    )
    events = tmp_path / "events.jsonl"
    events.write_text('{"a": "b"}\n')
    args = ["--rules", str(rule), "--events", str(events), "--engine", "spark"]
    ended = CliRunner().invoke(scan, args)
    assert isinstance(ended.exception, EngineError)
    assert ended.exception.exit_code == 2
    assert "tocsin[spark]" in ended.exception.hint
