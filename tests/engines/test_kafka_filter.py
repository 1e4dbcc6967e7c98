"""kafka-filter and its worker on a real broker: the evaluator's matches, each exactly once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from conftest import ROOT, Tocsin
from engines.kafka_io import consume
from engines.kafka_shop import Shop, many, told
from patience import SECONDS, until
from tocsin.backend import registry
from tocsin.compile import compile_all
from tocsin.errors import EngineError
from tocsin.front.project import load_project
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.model.artifact import Artifact, Job, Match
from tocsin_engines import EngineAddresses
from tocsin_kafka import topics
from tocsin_kafka.member import KafkaSettings
from tocsin_runtime.stream.base import Output, Sink
from tocsin_runtime.worker.kafka import KafkaStream
from worker_world import AUDIT_EVENTS, PAID, ROLE, build_world

pytestmark = pytest.mark.engine


# --- the backend ----------------------------------------------------------------------------------


def test_all_cases_of_the_content_match_as_evaluated(broker: EngineAddresses, servers: str) -> None:
    backend = registry.load("kafka-filter")
    done, refused = compile_all(load_project(ROOT / "detections").queries, backend)
    assert all(isinstance(no.query, CorrelationQuery) for no in refused)
    jobs: list[Job] = []
    expected: list[list[Match]] = []
    for query, artifact in done:
        assert isinstance(query, Query)
        for case in query.detection.cases:
            events = tuple(event.body for event in case.events)
            hits = [
                Match(query.detection.id, n)
                for n, event in enumerate(events)
                if evaluate(query.matches, View(event, query.source.renamed))
            ]
            jobs.append(Job((query.source,), (artifact,), events))
            expected.append(hits)
    before = topics.existing(servers)
    assert backend.run(jobs, broker) == expected
    assert sum(map(len, expected)) > len(done)
    # Nothing is left behind.
    assert topics.existing(servers) - before <= {"__consumer_offsets", "__transaction_state"}


def test_several_detections_share_a_job(broker: EngineAddresses, tmp_path: Path) -> None:
    world = build_world(tmp_path)
    backend = registry.load("kafka-filter")
    queries = [q for q in world.project.queries if q.source.name == "audit"]
    artifacts = tuple(a for _, a in compile_all(queries, backend)[0])
    odd = {"id": "x", "amount": 2**70, "action": "ROLE.GRANT", "note": "ⅷ\u0000\n"}
    events = (*AUDIT_EVENTS, odd, {}) * 300
    job = Job((queries[0].source,), artifacts, events)
    (matches,) = backend.run([job], broker)
    assert [(m.detection, m.event) for m in matches] == world.expected(events, "audit")
    assert len(matches) == 1500
    assert backend.run([Job((queries[0].source,), artifacts, ())], broker) == [[]]
    assert backend.run([], broker) == []


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"n": float("nan")}, "event 0 cannot be written as JSON"),
        ({"n": {1, 2}}, "event 0 cannot be written as JSON"),
        ({"t": "\ud800"}, "the worker refused an event: not JSON"),
    ],
)
def test_what_is_no_event_is_an_error_not_a_missing_match(
    broker: EngineAddresses, tmp_path: Path, event: dict[str, Any], message: str
) -> None:
    source = build_world(tmp_path).project.sources["audit"]
    with pytest.raises(EngineError, match=message):
        registry.load("kafka-filter").run([Job((source,), (), (event,))], broker)


def test_a_damaged_artifact_is_an_error(broker: EngineAddresses, tmp_path: Path) -> None:
    source = build_world(tmp_path).project.sources["audit"]
    artifact = Artifact("d", "key", "kafka-filter", "audit", "l", "json", b"{}")
    with pytest.raises(EngineError, match=r"kafka-filter/audit/key\.json cannot be read"):
        registry.load("kafka-filter").run([Job((source,), (artifact,), ())], broker)


# --- the worker -----------------------------------------------------------------------------------


def test_matches_alerts_and_dead_letters(shop: Shop) -> None:
    events = many(500)
    shop.feed([*events, b"oops", b"[]"])
    report = shop.finish(shop.worker("--until-end"))
    assert shop.matches() == shop.expected(events)
    assert (report["events"], report["dead_letters"]) == (500, 2)
    assert report["matches"] == shop.matches().total() > 100
    alerts = shop.results(Sink.ALERTS)
    found = Counter((a["subject"], a["data"]["unmapped"]["tocsin"]["event_ids"][0]) for a in alerts)
    assert found == shop.expected(events)
    assert len({a["id"] for a in alerts}) == len(alerts)
    reasons = sorted(letter["reason"] for letter in shop.results(Sink.DEAD))
    assert [reason[:18] for reason in reasons] == ["not JSON: unexpect", "not a JSON object "]
    # Going on from where it was: nothing is left to do.
    again = shop.finish(shop.worker("--until-end"))
    assert (again["events"], again["dead_letters"]) == (0, 0)
    assert shop.matches() == shop.expected(events)


def test_killed_under_load_nothing_is_missed_and_nothing_doubled(shop: Shop) -> None:
    events = many(40_000)
    shop.feed(events)
    for kill in range(1, 4):
        child = shop.worker("--name", "w1")
        until(lambda done=kill * 6000: shop.progress() > done)
        time.sleep(kill * 0.07)  # anywhere in a transaction
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    report = shop.finish(shop.worker("--name", "w1", "--until-end"))
    # The kills came in the middle, and something was left for the last worker.
    assert 0 < report["events"] < len(events) - 18_000
    found = shop.matches()
    assert max(found.values()) == 1
    assert found == shop.expected(events)
    alerts = Counter(a["id"] for a in shop.results(Sink.ALERTS))
    assert max(alerts.values()) == 1
    assert len(alerts) == len(found)


def test_two_workers_share_the_work(shop: Shop) -> None:
    events = many(6000)
    children = [shop.worker("--name", name) for name in ("w1", "w2")]
    until(lambda: all(shop.shares(2)))  # before the first event comes
    shop.feed(events)
    until(lambda: shop.matches() == shop.expected(events))
    for child in children:
        child.send_signal(signal.SIGTERM)
    reports = [shop.finish(child) for child in children]
    assert all(report["events"] for report in reports)
    assert sum(report["events"] for report in reports) == len(events)


def test_of_two_workers_of_one_name_only_the_later_lives(shop: Shop) -> None:
    first = shop.worker("--name", "same")
    shop.feed(many(100))
    until(lambda: shop.matches() == shop.expected(many(100)))
    second = shop.worker("--name", "same")
    shop.feed(many(200)[100:])
    _, err = first.communicate(timeout=SECONDS)
    assert first.returncode == 2, err
    assert "another worker of this name" in err
    until(lambda: shop.matches() == shop.expected(many(200)))
    second.send_signal(signal.SIGTERM)
    shop.finish(second)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_worker_in_good_order(shop: Shop, number: int, code: int) -> None:
    events = many(300)
    child = shop.worker()
    shop.feed(events)
    until(lambda: shop.matches() == shop.expected(events))
    child.send_signal(number)
    assert shop.finish(child, code)["events"] == 300


def test_a_new_release_takes_effect_while_the_worker_runs(shop: Shop) -> None:
    first, second = many(400)[:200], many(400)[200:]
    child = shop.worker()
    shop.feed(first)
    until(lambda: shop.matches() == shop.expected(first))
    shop.deploy({PAID: "live", ROLE: "shadow"}, release=2)
    until(lambda: "release 2" in told(child))
    shop.feed(second)
    until(lambda: shop.matches() == shop.expected([*first, *second]))
    child.send_signal(signal.SIGTERM)
    report = shop.finish(child)
    assert report["release"] == 2
    alerts = [a["data"]["unmapped"]["tocsin"] for a in shop.results(Sink.ALERTS)]
    assert {a["release"] for a in alerts if a["detection"] == PAID} == {1, 2}
    assert {a["release"] for a in alerts if a["detection"] == ROLE} == {1}


def test_an_aborted_transaction_leaves_nothing(servers: str) -> None:
    prefix = f"abort{uuid4().hex}"
    sinks = {Sink.MATCHES: f"{prefix}-out"}
    topics.create(servers, [f"{prefix}-in", f"{prefix}-out"], partitions=1)
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(f"{prefix}-in", b"{}")
    assert producer.flush(SECONDS) == 0
    settings = KafkaSettings(servers, prefix, (f"{prefix}-in",), "w", until_end=True)
    stream = KafkaStream(settings, sinks)
    while not (records := stream.poll()):
        assert records is not None
    too_large = Output(Sink.MATCHES, "k", b"x" * 2_000_000)
    with pytest.raises(EngineError, match="Kafka"):
        stream.commit([Output(Sink.MATCHES, "k", b"first"), too_large])
    stream.close()
    assert consume(servers, f"{prefix}-out") == []
    again = KafkaStream(settings, sinks)
    while not (records := again.poll()):
        assert records is not None
    again.commit([Output(Sink.MATCHES, "k", b"once")])
    again.close()
    assert consume(servers, f"{prefix}-out") == ["once"]
    topics.delete(servers, [f"{prefix}-in", f"{prefix}-out"])


def test_nobody_at_the_address_is_an_error(shop: Shop, tocsin: Tocsin) -> None:
    ended = tocsin(
        "worker", "--env", "broker", cwd=shop.world.root, env={"SHOP_KAFKA": "127.0.0.1:1"}
    )
    assert ended.code == 2
    assert "no Kafka broker answers at env:SHOP_KAFKA" in ended.stderr
