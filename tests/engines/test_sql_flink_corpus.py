"""Real rules by the hundred: Flink's own planner accepts what the backend writes for them.

All statements take a quarter of an hour: the suite plans the largest, and some of many shapes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from tocsin.compile import compile_all
from tocsin.front.collect import collect
from tocsin.front.resolve import resolve_inferred
from tocsin.ir.query import Query, Resolved
from tocsin.model.artifact import Artifact
from tocsin.model.source import Column, FieldType, Source
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.bounded.explain import validate_statements
from whole import WHOLE, share

SAMPLE = 50
LARGEST = 5
GROUP = 60
"""Statements that share a table: the planner's time grows with the columns."""
VARYING = re.compile(r"'(?:[^']|'')*'|\d+|`[^`]*`")
UNBOUND = Source("events", (), table="events", topic="events", values_column="all values")


@pytest.fixture(scope="module")
def queries(shared: Path) -> list[Query]:
    """All rules of the corpus over tables of texts, those of like log sources over the same."""
    folders = [f for f in (shared / "corpus/sigmahq").glob("rules*") if f.is_dir()]
    rules = sorted(
        collect(sorted(folders)).rules,
        key=lambda rule: (str(rule.detection.logsource), rule.detection.id),
    )
    unbound = [resolve_inferred(rule, UNBOUND, ignore_logsource=True) for rule in rules]
    parts = (unbound[at : at + GROUP] for at in range(0, len(unbound), GROUP))
    return [query for part in parts for query in _bound(part)]


def _bound(part: Sequence[Query]) -> Iterator[Query]:
    names = sorted({name for query in part for name in query.fields})
    columns = tuple(Column(name, FieldType.STRING, (name,)) for name in names)
    source = replace(UNBOUND, columns=columns)
    return (replace(query, source=source) for query in part)


def test_every_rule_compiles(queries: list[Query]) -> None:
    done, refused = compile_all(queries, FlinkSql())
    assert [(r.query.detection.id, r.node, r.reason) for r in refused] == []
    assert len(done) > 3_700


@pytest.mark.engine
def test_the_planner_accepts_them(queries: list[Query], endpoints: EngineAddresses) -> None:
    done, _ = compile_all(queries, FlinkSql())
    chosen = done if WHOLE else _sample(done)
    wrong = []
    for (source,), group in groupby(chosen, key=lambda pair: pair[0].sources):
        texts = [artifact.body.decode() for _, artifact in group]
        told = validate_statements(endpoints.addresses["flink_gateway"], source, texts)
        wrong += [(text, error) for text, error in zip(texts, told, strict=True) if error]
    assert wrong == []


def _sample(done: Sequence[tuple[Resolved, Artifact]]) -> list[tuple[Resolved, Artifact]]:
    shapes = {VARYING.sub("?", a.body.decode()): n for n, (_, a) in enumerate(done)}
    chosen = set(share(sorted(shapes.values()), SAMPLE))
    chosen |= set(sorted(range(len(done)), key=lambda n: -len(done[n][1].body))[:LARGEST])
    return [done[n] for n in sorted(chosen)]
