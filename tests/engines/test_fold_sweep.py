"""Folding, swept over all code points: what each backend emits against the evaluator's fold."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest

from tocsin.backend import registry
from tocsin.diagnostics import Span
from tocsin.ir.nodes import Const, Leaf, Or, Text
from tocsin.ir.query import Query
from tocsin.ir.text import fold
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source
from tocsin.sql.tree import ident
from tocsin_batch_sql.common.arrays import physical_names
from tocsin_batch_sql.duckdb.dialect import DuckDb
from tocsin_batch_sql.duckdb.printer import printed as duckdb_text
from tocsin_engines import EngineAddresses
from whole import share

ALL = [chr(n) for n in range(sys.maxunicode + 1) if not 0xD800 <= n <= 0xDFFF]
CASED = [c for c in ALL if c != c.lower() or c != c.upper() or c != c.title()]
CONTEXTS = ("{0}", "A{0}", "{0}a", "A{0}.", "A\u0301{0} ", "\u03a3{0}", "{0}\u0307", "I{0}")
"""Before and after a letter: an end of a word makes Java and Python lower Σ to ς."""
OF = Source("fold", (Column("text", FieldType.STRING, ("text",)),), table="fold", topic="fold")

# Java 17 knows Unicode 13, Python 3.11 knows 14: these came between. See docs/decisions.
NEWER_THAN_JAVA = {0x2C2F, 0xA7C0, 0xA7D0, 0xA7D6, 0xA7D8, *range(0x10570, 0x10596)}
# Spark folds by an ICU that knows Unicode 17: letters that Python 3.11 has no name for yet.
NEWER_THAN_PYTHON = {
    *(0x1C89, 0xA7CB, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA, 0xA7DC),
    *(*range(0x10D50, 0x10D66), *range(0x16EA0, 0x16EB9)),
}
KNOWN: Mapping[str, set[int]] = {"flink-sql": NEWER_THAN_JAVA, "spark-sql": NEWER_THAN_PYTHON}
"""Code points that an engine folds otherwise, and that the documentation lists."""


def texts() -> list[str]:
    """All code points, a thousand a text, then every cased one in every context."""
    return [*code_points(), *chunks("".join(cased_in_context()))]


def code_points() -> list[str]:
    return chunks("".join(ALL))


def cased_in_context() -> Iterator[str]:
    for char in CASED:
        yield from (context.format(char) + "|" for context in CONTEXTS)


def chunks(text: str) -> list[str]:
    return [text[at : at + 1000] for at in range(0, len(text), 1000)]


def wrong(given: list[str], folded: list[str]) -> set[int]:
    """Code points that came out otherwise than the evaluator has them."""
    assert len(given) == len(folded)
    found: set[int] = set()
    for text, got in zip(given, folded, strict=True):
        if got != fold(text):
            assert len(got) == len(text), [text, got]
            found |= {ord(a) for a, b in zip(text, got, strict=True) if fold(a) != b}
    return found


def test_the_evaluator_folds_one_code_point_to_one() -> None:
    assert all(len(fold(c)) == 1 for c in ALL)
    assert all(fold(c) == c.lower() for c in ALL if c != "\u0130")
    assert fold("\u0130") == "i"
    assert [fold(text) for text in ("A\u03a3", "\u01c5", "\u1e9e")] == [
        "a\u03c3",
        "\u01c6",
        "\u00df",
    ]


def test_duckdb() -> None:
    emitted = duckdb_text(DuckDb(OF, physical_names(OF)).fold(ident("text")))
    given = texts()
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE given AS SELECT UNNEST(?::VARCHAR[]) AS text", [given])
        found = connection.execute(f"SELECT {emitted} FROM given").fetchall()  # noqa: S608 - our own
    assert wrong(given, [row[0] for row in found]) == set()


def test_spark() -> None:
    pytest.importorskip("pyspark")
    from tocsin_batch_sql.spark.dialect import SparkLeaves  # noqa: PLC0415 - an optional extra
    from tocsin_batch_sql.spark.printer import printed  # noqa: PLC0415
    from tocsin_batch_sql.spark.session import missing, session  # noqa: PLC0415

    if missing():
        pytest.skip(missing())
    emitted = printed(SparkLeaves(OF, physical_names(OF)).fold(ident("text")))
    given = texts()
    rows = session().createDataFrame([(n, text) for n, text in enumerate(given)], ["n", "text"])
    found = rows.selectExpr("n", emitted).collect()
    assert wrong(given, [row[1] for row in sorted(found)]) <= KNOWN["spark-sql"]


@pytest.mark.engine
def test_flink(endpoints: EngineAddresses) -> None:
    """Some texts a statement: each takes the planner a third of a second."""
    given = (*share(code_points(), 200), *chunks("".join(cased_in_context())))
    _equal_to_literals("flink-sql", endpoints, given, together=20)


@pytest.mark.engine
def test_the_kafka_filter(endpoints: EngineAddresses) -> None:
    _equal_to_literals("kafka-filter", endpoints, texts())


def test_statements_of_duckdb() -> None:
    """Equality with folded literals, as it is deployed; other characters than letters too."""
    _equal_to_literals("batch-sql", EngineAddresses({}, Path()), texts())


def _equal_to_literals(
    backend: str, endpoints: EngineAddresses, given: Sequence[str], together: int = 1
) -> None:
    parts = [given[at : at + together] for at in range(0, len(given), together)]
    artifacts = tuple(_artifact(backend, number, part) for number, part in enumerate(parts))
    events = tuple({"text": text} for text in given)
    [found] = registry.load(backend).run([Job((OF,), artifacts, events)], endpoints)
    assert found == sorted(Match(f"d{n // together}", n) for n in range(len(given)))


def _artifact(backend: str, number: int, given: Sequence[str]) -> Artifact:
    detection = Detection(f"d{number}", f"d{number}", Meta("fold"), LogSource(), Span())
    leaves = tuple(Leaf("text", Text((fold(text),))) for text in given)
    query = Query(detection, OF, Const(value=True), Or(leaves) if len(leaves) > 1 else leaves[0])
    return registry.load(backend).compile(query)
