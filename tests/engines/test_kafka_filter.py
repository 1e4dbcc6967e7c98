"""kafka-filter and its worker on a real broker: the evaluator's matches, each exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from conftest import ROOT, Tocsin
from engines.kafka_io import consume
from tocsin.backend import registry
from tocsin.compile import compile_all
from tocsin.errors import EngineError
from tocsin.front.project import load_project
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.model.artifact import Artifact, Job, Match
from tocsin_runtime.engines import Endpoints
from tocsin_runtime.worker import topics
from tocsin_runtime.worker.kafka import KafkaSettings, KafkaStream
from tocsin_runtime.worker.stream import Output, Sink
from worker_world import AUDIT_EVENTS, PAID, ROLE, World, build_world

pytestmark = pytest.mark.engine


@pytest.fixture
def servers(endpoints: Endpoints) -> str:
    assert endpoints.kafka
    return endpoints.kafka


# --- the backend ----------------------------------------------------------------------------------


def test_all_cases_of_the_content_match_as_evaluated(endpoints: Endpoints, servers: str) -> None:
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
    assert backend.run(jobs, endpoints) == expected
    assert sum(map(len, expected)) > len(done)
    # Nothing is left behind.
    assert topics.existing(servers) - before <= {"__consumer_offsets", "__transaction_state"}


def test_several_detections_share_a_job(endpoints: Endpoints, tmp_path: Path) -> None:
    world = build_world(tmp_path)
    backend = registry.load("kafka-filter")
    queries = [q for q in world.project.queries if q.source.name == "audit"]
    artifacts = tuple(a for _, a in compile_all(queries, backend)[0])
    odd = {"id": "x", "amount": 2**70, "action": "ROLE.GRANT", "note": "ⅷ\u0000\n"}
    events = (*AUDIT_EVENTS, odd, {}) * 300
    job = Job((queries[0].source,), artifacts, events)
    (matches,) = backend.run([job], endpoints)
    assert [(m.detection, m.event) for m in matches] == world.expected(events, "audit")
    assert len(matches) == 1500
    assert backend.run([Job((queries[0].source,), artifacts, ())], endpoints) == [[]]
    assert backend.run([], endpoints) == []


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"n": float("nan")}, "event 0 cannot be written as JSON"),
        ({"n": {1, 2}}, "event 0 cannot be written as JSON"),
        ({"t": "\ud800"}, "the worker refused an event: not JSON"),
    ],
)
def test_what_is_no_event_is_an_error_not_a_missing_match(
    endpoints: Endpoints, tmp_path: Path, event: dict[str, Any], message: str
) -> None:
    source = build_world(tmp_path).project.sources["audit"]
    with pytest.raises(EngineError, match=message):
        registry.load("kafka-filter").run([Job((source,), (), (event,))], endpoints)


def test_a_damaged_artifact_is_an_error(endpoints: Endpoints, tmp_path: Path) -> None:
    source = build_world(tmp_path).project.sources["audit"]
    artifact = Artifact("d", "key", "kafka-filter", "audit", "l", "json", b"{}")
    with pytest.raises(EngineError, match=r"kafka-filter/audit/key\.json cannot be read"):
        registry.load("kafka-filter").run([Job((source,), (artifact,), ())], endpoints)


# --- the worker -----------------------------------------------------------------------------------

SINKS = {sink: f"tocsin.{sink}" for sink in Sink}


class Shop:
    """A project on topics of its own, and its workers."""

    def __init__(self, world: World, servers: str, prefix: str) -> None:
        self.world = world
        self.servers = servers
        self.topic = f"{prefix}audit"
        self.group = f"tocsin-{prefix}-broker"
        self._admin = topics.admin(servers)
        self._committed = Consumer(
            {"bootstrap.servers": servers, "group.id": self.group, "log_level": 0}
        )
        self._children: list[subprocess.Popen[str]] = []

    def feed(self, events: Sequence[Any], partitions: int = 3) -> None:
        producer = Producer({"bootstrap.servers": self.servers})
        for n, event in enumerate(events):
            value = event if isinstance(event, bytes) else json.dumps(event).encode()
            producer.produce(self.topic, value, partition=n % partitions)
            if n % 1000 == 0:
                producer.poll(0)
        assert producer.flush(60) == 0

    def worker(self, *args: str) -> subprocess.Popen[str]:
        command = ["-m", "tocsin.cli.main", "worker", "--env", "broker", "--format", "json"]
        child = subprocess.Popen(
            [sys.executable, *command, *args],
            cwd=self.world.root,
            env={**os.environ, "SHOP_KAFKA": self.servers},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._children.append(child)
        return child

    def finish(self, child: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
        out, err = child.communicate(timeout=120)
        assert child.returncode == code, err
        assert "Traceback" not in err
        report: dict[str, Any] = json.loads(out)
        return report

    def stop_all(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.kill()
                child.communicate()
        self._committed.close()

    def results(self, sink: Sink) -> list[dict[str, Any]]:
        """What was committed for this shop, in order."""
        records = [json.loads(value) for value in consume(self.servers, SINKS[sink])]
        if sink is Sink.ALERTS:
            ids = set(self.world.project.sources["audit"].topic.split())
            assert ids == {self.topic}
            name = self.world.project.settings.project.name
            return [r for r in records if r["source"] == f"/tocsin/{name}/broker"]
        return [r for r in records if r["topic"] == self.topic]

    def matches(self) -> Counter[tuple[str, str]]:
        """How often each detection matched each event."""
        return Counter((r["detection"], r["event_id"]) for r in self.results(Sink.MATCHES))

    def progress(self) -> int:
        """How many events the workers have committed."""
        places = [TopicPartition(self.topic, partition) for partition in range(3)]
        return sum(max(0, place.offset) for place in self._committed.committed(places, timeout=30))

    def shares(self, members: int) -> list[int]:
        """How many partitions each member of the group has; one zero if some are missing."""
        (asked,) = self._admin.describe_consumer_groups([self.group]).values()
        found = [len(m.assignment.topic_partitions) for m in asked.result(30).members]
        return found if len(found) == members else [0]

    def expected(self, events: Sequence[dict[str, Any]]) -> Counter[tuple[str, str]]:
        return Counter((d, events[n]["id"]) for d, n in self.world.expected(events, "audit"))


@pytest.fixture
def shop(servers: str, tmp_path: Path) -> Iterator[Shop]:
    prefix = f"shop{uuid4().hex}"
    world = build_world(tmp_path / "shop", prefix)
    settings = world.root / "tocsin.toml"
    settings.write_text(settings.read_text("utf-8").replace('"shop"', f'"{prefix}"'), "utf-8")
    world = build_world_again(world)
    world.deploy("broker")
    made = Shop(world, servers, prefix)
    topics.create(servers, [made.topic, f"{prefix}web"], partitions=3)
    topics.create(servers, SINKS.values(), partitions=1)
    yield made
    made.stop_all()
    topics.delete(servers, [made.topic, f"{prefix}web", *SINKS.values()])


def build_world_again(world: World) -> World:
    """The same files, read anew."""
    return World(world.root, load_project(world.root))


def many(count: int) -> list[dict[str, Any]]:
    """Events of which about a third match something; ids are unique."""
    rng = random.Random(7)
    actions = ["role.grant", "ROLE.GRANT", "look", "pay", "pay", "pay"]
    return [
        {
            "id": f"e{n}",
            "at": f"2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z",
            "action": rng.choice(actions),
            "actor": rng.choice(["ann", "bot1", None]),
            "amount": rng.choice([1, 99, 100, "100", 5e3, None]),
        }
        for n in range(count)
    ]


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
        _until(lambda done=kill * 6000: shop.progress() > done)
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
    _until(lambda: all(shop.shares(2)))  # before the first event comes
    shop.feed(events)
    _until(lambda: shop.matches() == shop.expected(events))
    for child in children:
        child.send_signal(signal.SIGTERM)
    reports = [shop.finish(child) for child in children]
    assert all(report["events"] for report in reports)
    assert sum(report["events"] for report in reports) == len(events)


def test_of_two_workers_of_one_name_only_the_later_lives(shop: Shop) -> None:
    first = shop.worker("--name", "same")
    shop.feed(many(100))
    _until(lambda: shop.matches() == shop.expected(many(100)))
    second = shop.worker("--name", "same")
    shop.feed(many(200)[100:])
    _, err = first.communicate(timeout=60)
    assert first.returncode == 2, err
    assert "another worker of this name" in err
    _until(lambda: shop.matches() == shop.expected(many(200)))
    second.send_signal(signal.SIGTERM)
    shop.finish(second)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_worker_in_good_order(shop: Shop, number: int, code: int) -> None:
    events = many(300)
    child = shop.worker()
    shop.feed(events)
    _until(lambda: shop.matches() == shop.expected(events))
    child.send_signal(number)
    assert shop.finish(child, code)["events"] == 300


def test_a_new_release_takes_effect_while_the_worker_runs(shop: Shop) -> None:
    first, second = many(400)[:200], many(400)[200:]
    child = shop.worker()
    shop.feed(first)
    _until(lambda: shop.matches() == shop.expected(first))
    shop.world.deploy("broker", {PAID: "live", ROLE: "shadow"}, release=2)
    _until(lambda: "release 2" in _told(child))
    shop.feed(second)
    _until(lambda: shop.matches() == shop.expected([*first, *second]))
    child.send_signal(signal.SIGTERM)
    report = shop.finish(child)
    assert report["release"] == 2
    alerts = [a["data"]["unmapped"]["tocsin"] for a in shop.results(Sink.ALERTS)]
    assert {a["release"] for a in alerts if a["detection"] == PAID} == {1, 2}
    assert {a["release"] for a in alerts if a["detection"] == ROLE} == {1}


def _told(child: subprocess.Popen[str]) -> str:
    """The next line that the worker says."""
    assert child.stderr
    return child.stderr.readline()


def _until(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


def test_an_aborted_transaction_leaves_nothing(servers: str) -> None:
    prefix = f"abort{uuid4().hex}"
    sinks = {Sink.MATCHES: f"{prefix}-out"}
    topics.create(servers, [f"{prefix}-in", f"{prefix}-out"], partitions=1)
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(f"{prefix}-in", b"{}")
    assert producer.flush(30) == 0
    settings = KafkaSettings(servers, prefix, (f"{prefix}-in",), sinks, "w", until_end=True)
    stream = KafkaStream(settings)
    while not (records := stream.poll()):
        assert records is not None
    too_large = Output(Sink.MATCHES, "k", b"x" * 2_000_000)
    with pytest.raises(EngineError, match="Kafka"):
        stream.commit([Output(Sink.MATCHES, "k", b"first"), too_large])
    stream.close()
    assert consume(servers, f"{prefix}-out") == []
    again = KafkaStream(settings)
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
    assert "no Kafka broker answers at 127.0.0.1:1" in ended.stderr
