"""Real rules by the hundred: Flink's own planner accepts what the backend writes for them."""

import random
import re
from pathlib import Path

import pytest

from tocsin.compile import compile_all
from tocsin.front.collect import collect
from tocsin.front.resolve import resolve_inferred
from tocsin.model.source import Column, FieldType, Source
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.validate import validate_statements
from tocsin_runtime.engines import Endpoints

SAMPLE = 300
LARGEST = 10
VARYING = re.compile(r"'(?:[^']|'')*'|\d+|`[^`]*`")


@pytest.mark.shared
@pytest.mark.engine
def test_the_planner_accepts_statements_of_many_shapes(endpoints: Endpoints, shared: Path) -> None:
    assert endpoints.flink_gateway
    folders = [f for f in (shared / "corpus/sigmahq").glob("rules*") if f.is_dir()]
    rules = collect(sorted(folders)).rules
    unbound = [resolve_inferred(r, Source("any", ()), ignore_logsource=True) for r in rules]
    names = sorted({name for query in unbound for name in query.fields})
    columns = tuple(Column(name, FieldType.STRING, (name,)) for name in names)
    source = Source("events", columns, table="events")
    queries = [resolve_inferred(r, source, ignore_logsource=True) for r in rules]
    done, refused = compile_all(queries, FlinkSql())
    assert {(r.node, r.reason) for r in refused} <= {("Keyword", "notyet")}
    statements = [artifact.body.decode() for _, artifact in done]
    shapes = list({VARYING.sub("?", text): text for text in statements}.values())
    chosen = random.Random(1).sample(shapes, SAMPLE) + sorted(statements, key=len)[-LARGEST:]
    told = validate_statements(endpoints.flink_gateway, source, chosen)
    assert [(text, error) for text, error in zip(chosen, told, strict=True) if error] == []
