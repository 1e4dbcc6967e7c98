"""Artifacts of kafka-filter: what is in them, what is not, what a worker refuses."""

import json
from typing import Any

import pytest

from tocsin.backend import registry
from tocsin.compile import Refusal, compile_query
from tocsin.diagnostics import Span
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.nodes import Const, Expr, IsNull, Leaf, Not, Text, Wild
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source
from tocsin.pack import Part

SOURCE = Source(
    "audit",
    columns=(
        Column("action", FieldType.STRING, ("action",)),
        Column("actor.id", FieldType.STRING, ("actor", "id")),
        Column("status", FieldType.INTEGER, ("http.status",)),
        Column("at", FieldType.TIMESTAMP, ("meta", "time")),
        Column("uid", FieldType.STRING, ("uid",)),
        Column("elsewhere", FieldType.STRING, ("x", "y")),
    ),
    topic="audit.events",
    time_field="at",
    id_fields=("uid",),
)
EXPR: Expr = Not(Leaf("status", Text(("200",))))


def query(expr: Expr = EXPR, **meta: Any) -> Query:
    described = Meta(**{"title": "Unusual status", **meta})
    detection = Detection("d1", "unusual_status", described, LogSource("audit"), Span())
    return Query(detection, SOURCE, Const(value=True), expr)


def compiled(given: Query) -> Artifact:
    result = compile_query(given, registry.load("kafka-filter"))
    assert isinstance(result, Artifact)
    return result


def test_the_artifact_is_canonical_and_complete() -> None:
    artifact = compiled(query())
    assert artifact.path == "kafka-filter/audit/unusual_status.json"
    assert json.loads(artifact.body) == {
        "form": 2,
        "detection": "d1",
        "logic": query().logic,
        "source": "audit",
        "topic": "audit.events",
        "time": "at",
        "unit": "",
        "id": ["uid"],
        # Of fields that are looked at only, and only where the place is not simply the name.
        "paths": {"at": ["meta", "time"], "status": ["http.status"]},
        "leaves": [["text", "status", ["200"]]],
        "where": True,
        "expr": ["not", 0],
    }
    assert (
        artifact.body
        == json.dumps(json.loads(artifact.body), sort_keys=True, separators=(",", ":")).encode()
    )


def test_the_description_is_not_in_the_artifact() -> None:
    words = query(title="Other", description="words", author="me", tags=("attack.t1098",))
    assert compiled(words).body == compiled(query()).body


def test_the_part_comes_back_exactly() -> None:
    given = query(Leaf("actor.id", Text((Wild.MANY, "*"))))
    assert Part.decode(compiled(given).body) == Part.of(given)


def test_every_event_level_node_works_and_correlations_never() -> None:
    capabilities = registry.load("kafka-filter").capabilities
    assert set(capabilities) == {node.__name__ for node in NODE_TYPES}
    assert [n for n, s in capabilities.items() if s != "yes"] == ["Correlation"]
    assert capabilities["Correlation"] == "never"


def test_a_condition_nested_too_deeply_is_refused() -> None:
    expr: Expr = IsNull("action")
    for _ in range(150):
        expr = Not(expr)
    refusal = compile_query(query(expr), registry.load("kafka-filter"))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "too-deep"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        ({"form": 3}, "form 3 is not known"),
        ({"form": None}, "form None is not known"),
        ({"detection": 3}, "detection: expected a text"),
        ({"surprise": 1}, "key 'surprise' is unknown"),
        ({"paths": []}, "paths: expected a map"),
        ({"paths": {"a": []}}, "paths.a: expected a list of texts"),
        ({"expr": ["xor", 0, 0]}, "expr: not a condition"),
    ],
)
def test_damaged_artifacts_are_refused_with_words(
    change: bytes | dict[str, Any], message: str
) -> None:
    whole = json.loads(compiled(query()).body)
    data = change if isinstance(change, bytes) else json.dumps({**whole, **change}).encode()
    with pytest.raises(ValueError, match=message):
        Part.decode(data)


def test_an_artifact_without_a_key_is_refused() -> None:
    whole = json.loads(compiled(query()).body)
    del whole["topic"]
    with pytest.raises(ValueError, match="key 'topic' is missing"):
        Part.decode(json.dumps(whole).encode())
