"""What really goes into the topics follows the schemas that are registered for them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tocsin.backend import registry
from tocsin.cases.events import arrivals
from tocsin.compile import compile_query
from tocsin.deploy.schemas import TOPICS, schema
from tocsin.front.project import load_project
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.model.artifact import Artifact
from tocsin.model.detection import Case
from tocsin_engines import EngineAddresses
from tocsin_runtime.alerts.alert import Origin
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Output, Record
from tocsin_runtime.stream.dead_letters import dead_letter
from tocsin_runtime.stream.deployment import Described
from tocsin_runtime.worker.filters import FilterLane, parts_of
from tocsin_runtime.worker.lanes import BackendLane
from tocsin_runtime.worker.process import Lane, Processor

ROOT = Path(__file__).parents[3]
MATCHES, ALERTS, DEAD = TOPICS

Records = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def records() -> Records:
    """By topic: what the cases of the project's own detections give, and letters of all kinds."""
    project = load_project(ROOT / "detections")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    single = [query for query in project.queries if isinstance(query, Query)]
    correlations = [query for query in project.queries if isinstance(query, CorrelationQuery)]
    chosen = (*single, *correlations[:4])
    outputs = [out for query in chosen for out in _of_query(query)]
    for output in (*outputs, *_letters()):
        found[f"tocsin.{output.sink}"].append(json.loads(output.value))
    return found


def _of_query(query: Query | CorrelationQuery) -> Iterator[Output]:
    stateful = isinstance(query, CorrelationQuery)
    backend = registry.load("batch-sql" if stateful else "kafka-filter")
    artifact = compile_query(query, backend)
    if not isinstance(artifact, Artifact):
        return
    lane: Lane = (
        BackendLane(query.sources, [artifact], backend, EngineAddresses({}, Path()))
        if stateful
        else FilterLane(parts_of([artifact]))
    )
    meta = query.detection.meta
    described = Described(
        query.detection.id,
        meta.title,
        meta.level,
        meta.description,
        meta.author,
        owner=meta.owner,
        status=meta.status,
        tags=meta.tags,
        references=meta.references,
        falsepositives=meta.falsepositives,
        version=3,
        release=7,
    )
    writer = AlertWriter(Origin("payments", "prod"), {described.id: described})
    for case in _firing(query):
        process = Processor(lambda _: [lane], writer)
        events = (event for _, event in arrivals(case, query.sources))
        topic = query.sources[0].topic
        batch = [Record(topic, 0, n, json.dumps(e).encode()) for n, e in enumerate(events)]
        yield from process(batch).outputs
        if stateful:
            yield from process.finish().outputs


def _firing(query: Query | CorrelationQuery) -> list[Case]:
    cases = query.detection.cases
    return [case for case in cases if case.expect.alerts or case.expect.events][:1]


def _letters() -> Iterable[Output]:
    for value in (b"no JSON", b"\xff\xfe", b"x" * 5000, b""):
        yield dead_letter(Record("t", 1, 2, value), "not JSON")
    yield dead_letter(Record("t", 1, 2, b"{}"), "takes too long", "d1")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_schema_is_one(topic: str) -> None:
    Draft7Validator.check_schema(schema(topic))
    assert schema(topic)["$schema"] == Draft7Validator.META_SCHEMA["$schema"]


def test_references_in_schemas_lead_somewhere() -> None:
    for topic in TOPICS:
        text = json.dumps(schema(topic))
        named = {part.split('"')[0] for part in text.split('"#/definitions/')[1:]}
        assert named == set(schema(topic).get("definitions", {})), topic


@pytest.mark.parametrize("topic", TOPICS)
def test_records_follow_their_schema(topic: str, records: Records) -> None:
    check = Draft7Validator(schema(topic))
    assert len(records[topic]) >= (5 if topic == DEAD else 30)
    for record in records[topic]:
        assert not [error.message for error in check.iter_errors(record)], record


def test_records_are_of_every_kind(records: Records) -> None:
    """Detections on single events and correlations, with techniques and sub-techniques."""
    assert {"group" in match for match in records[MATCHES]} == {True, False}
    attacks = [a for r in records[ALERTS] for a in r["data"]["finding_info"].get("attacks", ())]
    assert {"sub_technique" in attack for attack in attacks} == {True, False}
    assert {"detection" in letter for letter in records[DEAD]} == {True, False}


@pytest.mark.parametrize("topic", TOPICS)
def test_damaged_records_do_not(topic: str, records: Records) -> None:
    """A required field that is gone or of another kind, and one that nobody knows."""
    check = Draft7Validator(schema(topic))
    good = records[topic][0]
    damaged = list(_damaged(good, schema(topic)["required"]))
    if topic == ALERTS:
        inner = schema(topic)["definitions"]["finding"]["required"]
        damaged += [{**good, "data": each} for each in _damaged(good["data"], inner)]
    for record in damaged:
        assert not check.is_valid(record), record


def _damaged(good: Mapping[str, Any], required: Iterable[str]) -> Iterator[dict[str, Any]]:
    yield {**deepcopy(dict(good)), "surprise": 1}
    for field in required:
        yield {key: value for key, value in good.items() if key != field}
        yield {**good, field: [[field]]}
