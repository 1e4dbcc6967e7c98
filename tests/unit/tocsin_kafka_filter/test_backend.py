"""Artifacts of kafka-filter: what is in them, what is not, what a worker refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tocsin.backend import registry
from tocsin.compile import Refusal, compile_query
from tocsin.diagnostics import Span
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import And, Const, Expr, IsNull, Leaf, Not, Text, Wild
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact, Match
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source
from tocsin.pack import Part
from tocsin_matcher import EvaluatorMatcher, PackMatcher

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


EVENTS: tuple[dict[str, Any], ...] = (
    {"http.status": 200},
    {"http.status": 500},
    {"status": 200},
    {"http": {"status": 200}},
    {},
    {"http.status": [200, 404]},
    {"http.status": None},
)


ODD_KEYS = ('a"b', "a\\b", "a\nb", "a'`b", "ключ", "\U0001f642", "", "k0")


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_can_be_looked_at(key: str) -> None:
    columns = (
        Column("field", FieldType.STRING, (key,)),
        Column("other", FieldType.STRING, ("k0",)),
    )
    detection = Detection("d1", "odd", Meta(title="Odd"), LogSource("audit"), Span())
    expr = And((Leaf("field", Text(("x",))), Not(Leaf("other", Text(("z",))))))
    part = Part.of(Query(detection, Source("audit", columns), Const(value=True), expr))
    matcher = PackMatcher([part, replace(Part.of(query()), detection="d2")])
    found = matcher.match_lines([*lines({key: "x"}, {key: "y"}, {key: ["y", "x"]}), b"oops"])
    assert [m.event for m in found.matches if m.detection == "d1"] == [0, 2]
    assert list(found.refused) == [3]


def lines(*events: dict[str, Any]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


@pytest.mark.parametrize("matcher", [EvaluatorMatcher, PackMatcher])
def test_matchers_agree_with_the_evaluator(matcher: type[EvaluatorMatcher | PackMatcher]) -> None:
    expected = [evaluate(EXPR, View(e, SOURCE.renamed)) for e in EVENTS]
    assert expected == [False, True, True, True, True, False, True]
    found = matcher([Part.of(query())]).match_lines(lines(*EVENTS))
    assert found.matches == [Match("d1", n) for n, holds in enumerate(expected) if holds]
    assert found.refused == {}


@pytest.mark.parametrize("matcher", [EvaluatorMatcher, PackMatcher])
def test_matchers_say_which_lines_are_no_events(
    matcher: type[EvaluatorMatcher | PackMatcher],
) -> None:
    wrong = [b"", b"oops", b"[1]", b'{"http.status": 500', b"17"]
    found = matcher([Part.of(query())]).match_lines([*lines({"http.status": 500}), *wrong])
    assert found.matches == [Match("d1", 0)]
    assert [found.refused[n][:17] for n in range(1, 6)] == [
        *("empty", "not JSON: unexpec", "not a JSON object", "not JSON: unexpec"),
        "not a JSON object",
    ]


@pytest.mark.parametrize("matcher", [EvaluatorMatcher, PackMatcher])
def test_parts_of_different_age_keep_their_own_places(
    matcher: type[EvaluatorMatcher | PackMatcher],
) -> None:
    old = replace(Part.of(query()), detection="old", paths=())
    both = matcher([old, Part.of(query())])
    found = both.match_lines(
        lines({"status": 200, "http.status": 500}, {"status": 500, "http.status": 200}, {})
    )
    assert found.matches == [Match("d1", 0), Match("old", 1), Match("d1", 2), Match("old", 2)]
