"""An environment under load: editions come and go, processes are killed, all is counted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deployments.editions import Book, Edition, compiled
from deployments.event_feed import Feed
from deployments.exactness import Exactness, correlated, stateless
from deployments.rollout_process import Errand
from tocsin.release.finding import Finding
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.client.rest_api import ClusterRest

TESTS = Path(__file__).resolve().parents[1]
ARRIVE_SECONDS = 90.0
PARTITIONS = 2


@dataclass
class Scene:
    """One environment. `history`: the editions that ran, in order."""

    endpoints: EngineAddresses
    run: str
    storage: Path
    feed: Feed
    history: list[Edition] = field(default_factory=list)
    release: int = 0

    @property
    def topic(self) -> str:
        """Of the source."""
        return f"{self.run}-audit"

    def errand(self, after: Edition) -> Errand:
        """The next move."""
        return Errand(
            project=self.run,
            kafka=self.endpoints.addresses["kafka"],
            gateway=self.endpoints.addresses["flink_gateway"],
            rest=self.endpoints.addresses["flink_rest"],
            storage=str(self.storage),
            topic=self.topic,
            release=self.release + 1,
            before=self.history[-1].encode() if self.history else "",
            after=after.encode(),
        ).judged()

    def move(self, after: Edition, faults: Sequence[str] = ()) -> float:
        """Move to an edition; first with a mover killed at each of these points. Seconds."""
        errand = self.errand(after)
        for fault in faults:
            code, said = _mover(errand, fault)
            assert code == 137, f"{fault} was not met: {code} {said}"
        started = time.monotonic()
        code, said = _mover(errand, "")
        assert code == 0, (code, said)
        self.release += 1
        self.history.append(after)
        return time.monotonic() - started

    def heal(self) -> None:
        """Apply the same edition again, as after a lost cluster."""
        errand = self.errand(self.history[-1])
        code, said = _mover(errand, "")
        assert code == 0, (code, said)
        self.release += 1

    def findings(self) -> list[Finding]:
        """What differs from the last edition."""
        errand = self.errand(self.history[-1])
        book = self.book(self.history[-1])
        return errand.fleet.findings(book.entries, book.bodies)

    def book(self, edition: Edition) -> Book:
        """An edition, compiled."""
        return compiled(edition, self.topic)

    def counted(self) -> Exactness:
        """End the load, wait until all is matched, and compare."""
        self.feed.finish()
        books = [self.book(edition) for edition in self.history]
        states = self.errand(self.history[-1]).board.states
        deadline = time.monotonic() + ARRIVE_SECONDS
        while True:
            rows = self._rows()
            result = Exactness()
            stateless(result, self.feed, books, rows)
            correlated(result, self.feed, books, rows, states)
            if not result.missed or time.monotonic() > deadline:
                return result
            time.sleep(1)

    def _rows(self) -> list[dict[str, Any]]:
        """All matches; `written` is when (milliseconds since 1970), `place` where."""
        topic = f"tocsin.found.{self.run}.live"
        consumer = Consumer(
            {
                "bootstrap.servers": self.endpoints.addresses["kafka"],
                "group.id": f"{self.run}-rows",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
            }
        )
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        rows: list[dict[str, Any]] = []
        while (message := consumer.poll(60)) is not None and message.error() is None:
            place = message.partition(), message.offset()
            written = {"written": message.timestamp()[1], "place": place}
            rows.append({**json.loads(message.value() or b""), **written})
        consumer.close()
        return rows


def _mover(errand: Errand, fault: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "deployments.rollout_process", errand.encode()],
        env={**os.environ, "PYTHONPATH": str(TESTS), "TOCSIN_FAULT": fault},
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    return done.returncode, done.stderr.strip()[-2000:]


@contextmanager
def scene(endpoints: EngineAddresses, folder: Path, *, rate: int, seed: int) -> Iterator[Scene]:
    """An environment under load; its jobs end and its topics go with it."""
    run = f"run-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": endpoints.addresses["kafka"], "log_level": 0})
    topics = [f"{run}-audit", *(f"tocsin.{what}.{run}.live" for what in ("found", "refused"))]
    admin.create_topics([NewTopic(topics[0], PARTITIONS, 1)])[topics[0]].result(60)
    feed = Feed(
        endpoints.addresses["kafka"], topics[0], rate=rate, partitions=PARTITIONS, seed=seed
    )
    storage = folder / run
    storage.mkdir(parents=True)
    made = Scene(endpoints, run, storage, feed)
    feed.start()
    try:
        yield made
    finally:
        feed.stop()
        with ClusterRest(endpoints.addresses["flink_rest"]) as cluster:
            for job in cluster.seen():
                if job.name.startswith(f"tocsin/{run}/") and not job.ended:
                    cluster.cancel(job.id)
        for future in admin.delete_topics(topics).values():
            future.exception(60)
        shutil.rmtree(storage, ignore_errors=True)
