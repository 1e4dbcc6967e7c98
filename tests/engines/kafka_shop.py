"""A project on topics of its own on a real broker, and its workers."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from engines.beside import repeated
from engines.kafka_io import consume
from patience import SECONDS
from tocsin.front.project import load_project
from tocsin.release.keys import RELEASE, WORKER, artifact_key
from tocsin.release.record import ReleaseRecord
from tocsin_kafka import topics
from tocsin_kafka.admin import Admin
from tocsin_runtime.control.reader import read
from tocsin_runtime.control.writer import ControlWriter
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.names import SINKS
from worker_world import World, build_world


class Shop:
    """A project on topics of its own, and its workers."""

    def __init__(self, world: World, servers: str, prefix: str) -> None:
        self.world = world
        self.servers = servers
        self.topic = f"{prefix}audit"
        self.group = f"tocsin.{prefix}.broker"
        self._admin = Admin(servers)
        self._committed = Consumer(
            {"bootstrap.servers": servers, "group.id": self.group, "log_level": 0}
        )
        self._children: list[subprocess.Popen[str]] = []
        self.writer = ControlWriter(servers, prefix, "broker")

    def deploy(
        self,
        modes: Mapping[str, str] | None = None,
        release: int = 1,
        starts: Mapping[str, int] | None = None,
    ) -> ReleaseRecord:
        """Publish these detections (all by default), each in its mode, as a release."""
        entries, bodies = self.world.released("broker", modes)
        table = ReleaseRecord("broker", release, tuple(entries), starts=starts or {})
        self.publish(table, bodies)
        return table

    def publish(self, table: ReleaseRecord, bodies: Mapping[str, bytes]) -> None:
        """Write a release record, and these artifacts."""
        artifacts = {artifact_key(digest): body for digest, body in bodies.items()}
        self.writer.put({**artifacts, RELEASE: table.encode()})

    def reports(self) -> dict[str, dict[str, Any]]:
        """What workers tell of themselves, by name."""
        return {
            key.removeprefix(WORKER): json.loads(value)
            for key, value in read(self.servers, self.writer.topic).items()
            if key.startswith(WORKER)
        }

    def feed(self, events: Sequence[Any], partitions: int = 3) -> None:
        # Idempotent: a broker that restarts neither doubles events nor changes their order.
        settings = {"bootstrap.servers": self.servers, "enable.idempotence": True, "log_level": 0}
        producer = Producer(settings)
        for n, event in enumerate(events):
            value = event if isinstance(event, bytes) else json.dumps(event).encode()
            producer.produce(self.topic, value, partition=n % partitions)
            if n % 1000 == 0:
                producer.poll(0)
        assert producer.flush(SECONDS) == 0

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
        out, err = child.communicate(timeout=SECONDS)
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
        return sum(
            max(0, place.offset) for place in self._committed.committed(places, timeout=SECONDS)
        )

    def shares(self, members: int) -> list[int]:
        """How many partitions each member of the group has; one zero if some are missing."""
        (asked,) = self._admin.describe_consumer_groups([self.group]).values()
        try:
            group = asked.result(30)
        except KafkaException:
            return [0]  # the broker has no groups yet
        found = [len(m.assignment.topic_partitions) for m in group.members]
        return found if len(found) == members else [0]

    def expected(self, events: Sequence[dict[str, Any]]) -> Counter[tuple[str, str]]:
        return Counter((d, events[n]["id"]) for d, n in self.world.expected(events, "audit"))


@contextmanager
def open_shop(servers: str, root: Path) -> Iterator[Shop]:
    """A shop with its topics; both are gone afterwards."""
    prefix = f"shop{uuid4().hex}"
    world = build_world(root, prefix)
    settings = world.root / "tocsin.toml"
    settings.write_text(settings.read_text("utf-8").replace('"shop"', f'"{prefix}"'), "utf-8")
    world = World(world.root, load_project(world.root))
    made = Shop(world, servers, prefix)
    made.deploy()
    topics.create(servers, [made.topic, f"{prefix}web"], partitions=3)
    topics.create(servers, SINKS.values(), partitions=1)
    yield made
    made.stop_all()
    topics.delete(servers, [made.topic, f"{prefix}web", made.writer.topic, *SINKS.values()])


@contextmanager
def fed(shop: Shop, events: Sequence[dict[str, Any]]) -> Iterator[list[int]]:
    """Feed beside the block, 1,500 events a second at most; how many were fed."""
    count = [0]

    def feed() -> None:
        if count[0] < len(events):
            shop.feed(events[count[0] : count[0] + 150])
            count[0] += 150

    with repeated(feed, 0.1):
        yield count


def stopped(shop: Shop, *children: subprocess.Popen[str]) -> list[dict[str, Any]]:
    for child in children:
        child.send_signal(signal.SIGTERM)
    return [shop.finish(child) for child in children]


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


def told(child: subprocess.Popen[str]) -> str:
    """The next line that the worker says."""
    assert child.stderr
    return child.stderr.readline()
