"""Packs on a real Flink cluster: the same matches as the evaluator's."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from corpus.conftest import Corpus, Regression, corpus, regression
from corpus.variants import some_forms
from corpus_rules import bind
from differential.cases import kept
from differential.seed import SEED
from differential.world import SOURCE, query_of
from java_matcher import taken
from tocsin.conformance.gather import CaseGroup, gather
from tocsin.conformance.oracle import expected
from tocsin.conformance.table import cases
from tocsin.errors import EngineError
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Leaf, Text, Wild
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.pack import Pack, Part
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.bounded.run_pack import run_pack, submit
from tocsin_flink_sql.bounded.topics import records
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.matcher.jar import pack_jar
from tocsin_flink_sql.sql.tables import TopicLocation
from tocsin_kafka.producer import send_all
from tocsin_kafka.topics import temporary

__all__ = ["corpus", "regression"]  # fixtures of another folder

pytestmark = pytest.mark.engine

Event = dict[str, Any]
EVIL = query_of(Leaf("text", Text((Wild.MANY, "evil", Wild.MANY))), "evil")


def wanted(queries: Iterable[Query], events: Sequence[Event]) -> set[Match]:
    """What the evaluator says."""
    found: set[Match] = set()
    views: dict[str, list[View]] = {}
    for query in queries:
        source = query.source
        own = views.setdefault(source.name, [View(event, source.renamed) for event in events])
        holds = predicate(query.matches)
        found |= {Match(query.detection.id, n) for n, view in enumerate(own) if holds(view)}
    return found


def test_generated_detections(endpoints: EngineAddresses) -> None:
    some = list(islice(kept(SEED), 300))
    queries = [query_of(case.expr, f"d{n}") for n, case in enumerate(some)]
    queries = [query for query in queries if taken(query)]
    events = [event for case in some for event in case.events]
    found = run_pack(SOURCE.name, map(Part.of, queries), events, endpoints)
    assert set(found) ^ wanted(queries, events) == set()
    assert len(set(found)) == len(found)
    assert len(queries) > 280


def test_the_contract_table(endpoints: EngineAddresses) -> None:
    """All its cases in one job: each group's detections are judged on the group's own events."""
    groups = gather(case for case in cases() if not case.refused)
    parts: list[Part] = []
    events: list[Event] = []
    right: set[Match] = set()
    spans: dict[str, range] = {}
    for number, group in enumerate(groups):
        span = range(len(events), len(events) + len(group.events))
        events += group.events
        for query in stateless(group, number):
            parts.append(Part.of(query))
            spans[query.detection.id] = span
        right |= set(told(group, number, span.start, spans))
    found = run_pack("contract", parts, events, endpoints)
    assert {match for match in found if match.event in spans[match.detection]} ^ right == set()
    assert len(parts) > 500


def stateless(group: CaseGroup, number: int) -> Iterator[Query]:
    """The group's event queries, over a source and with ids that do not meet those of others."""
    placed = {p.query.detection.id: p.query for p in group.placed if isinstance(p.query, Query)}
    for query in placed.values():
        if taken(query):
            detection = replace(query.detection, id=f"{number}-{query.detection.id}")
            source = replace(query.source, name="contract")
            yield replace(query, detection=detection, source=source)


def told(group: CaseGroup, number: int, start: int, known: Iterable[str]) -> Iterator[Match]:
    """What the evaluator says of the group's queries."""
    for name, hits in expected(group).items():
        if f"{number}-{name}" in known:
            yield from (Match(f"{number}-{name}", start + event) for event, _ in hits)


@pytest.mark.shared
def test_regression_events_as_they_are_and_changed(
    endpoints: EngineAddresses, corpus: Corpus, regression: Regression
) -> None:
    queries = [q for q in bind(corpus.read.rules, ignore_logsource=True) if isinstance(q, Query)]
    queries = [query for query in queries if taken(query)]
    events = some_forms(regression.events)
    found = run_pack("events", map(Part.of, queries), events, endpoints)
    assert set(found) ^ wanted(queries, events) == set()
    assert len(queries) > 3700


@pytest.mark.shared
def test_all_rules_are_one_job(endpoints: EngineAddresses, corpus: Corpus, tmp_path: Path) -> None:
    products = ("windows", "linux")
    chosen = [r for r in corpus.read.rules if r.detection.logsource.product in products]
    queries = [q for q in bind(chosen, ignore_logsource=False) if isinstance(q, Query)]
    pack = Pack.of("events", [Part.of(query) for query in queries if taken(query)])
    jar = tmp_path / "pack.jar"
    jar.write_bytes(pack_jar(pack))
    with job_topics(endpoints) as places:
        job = submit(pack.source, jar, places, endpoints.addresses["flink_gateway"])
        finish(endpoints, job)
    assert len(pack.parts) > 2500


@contextmanager
def job_topics(
    endpoints: EngineAddresses, events: Iterable[bytes | None] = ()
) -> Iterator[list[TopicLocation]]:
    """Topics of a job: its events, matches, and what is refused."""
    servers, run = endpoints.addresses["kafka"], f"test-pack-{uuid4().hex}"
    places = [TopicLocation(servers, f"{run}-{what}") for what in ("events", "matches", "refused")]
    with temporary(servers, [place.topic for place in places]):
        send_all(servers, places[0].topic, events)
        yield places


def finish(endpoints: EngineAddresses, job: str) -> None:
    """Wait for the job; EngineError if it fails."""
    with ClusterRest(endpoints.addresses["flink_rest"]) as cluster:
        cluster.wait_finished(job)


def test_what_is_no_event_is_told_and_does_no_harm(
    endpoints: EngineAddresses, tmp_path: Path
) -> None:
    jar = tmp_path / "pack.jar"
    jar.write_bytes(pack_jar(Pack.of(SOURCE.name, [Part.of(EVIL)])))
    events = [b"{", b'{"text":"evil"}', b"[1]", b'{"text":"\xff"}', None]
    with job_topics(endpoints, events) as places:
        finish(endpoints, submit(SOURCE.name, jar, places, endpoints.addresses["flink_gateway"]))
        matches, refused = (
            records(endpoints.addresses["kafka"], place.topic) for place in places[1:]
        )
    assert [(row["detection_id"], row["offset"]) for row in matches] == [("evil", 1)]
    assert matches[0]["event"] == '{"text":"evil"}'
    assert {row["offset"]: row["detection_id"] for row in refused} == dict.fromkeys((0, 2, 3, 4))
    assert [row["reason"].partition(":")[0] for row in refused] == [
        "not JSON",
        "not a JSON object",
        "not JSON",
        "empty",
    ]
    assert [row["event"] for row in refused] == ["{", "[1]", '{"text":"\ufffd"}', ""]


def test_a_damaged_pack_does_not_start(endpoints: EngineAddresses, tmp_path: Path) -> None:
    whole = pack_jar(Pack.of(SOURCE.name, [Part.of(EVIL)]))
    jar = tmp_path / "pack.jar"
    with zipfile.ZipFile(io.BytesIO(whole)) as good, zipfile.ZipFile(jar, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"evil", b"good"))
    with job_topics(endpoints) as places, pytest.raises(EngineError) as told:
        finish(endpoints, submit(SOURCE.name, jar, places, endpoints.addresses["flink_gateway"]))
    assert "digest is not that of its detections" in told.value.message
