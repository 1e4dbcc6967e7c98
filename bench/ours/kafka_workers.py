"""Two Kafka workers on a topic of two partitions against one worker on the same topic.

    python -m bench.ours.kafka_workers --record

Each worker is a process on one core. Its rate is taken between the moment when all workers of the
round have committed `SETTLED` events each, and the first of them has read all; loading the rules
and learning what events are like come before. The broker runs on the same machine: where it has no
core of its own, its share is in the figures. `cores` is what the workers really got: if that is
less than about one each, something else kept the machine busy, and the ratio says little.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from confluent_kafka import Producer

from bench.events import DATA_SETS, made
from bench.ours.queries import read
from bench.protocol import batches, peak_rss
from bench.rules import main_rules
from tocsin.pack import Part
from tocsin_engines import running
from tocsin_kafka import topics
from tocsin_kafka.member import KafkaSettings
from tocsin_runtime.alerts.alert import Origin
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Record, Sink
from tocsin_runtime.stream.deployment import Described
from tocsin_runtime.worker.filters import FilterLane
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.lessons import SECOND
from tocsin_runtime.worker.process import Processor, Taken

RECORD = Path(__file__).parent.parent / "results" / "workers.json"
REALISTIC = DATA_SETS["realistic"]
SETTLED = 10_000
PARTITIONS = 2
SECONDS = 900


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker tells: moments (in seconds) with the events committed by then, and totals."""

    steps: Sequence[tuple[float, int]]
    matches: int
    cpu_seconds: float
    peak_rss_mb: float

    def between(self, start: float, end: float) -> int:
        """Events committed in a span of time."""
        counts = [count for moment, count in self.steps if start <= moment <= end]
        return counts[-1] - counts[0] if counts else 0


# --- one worker -----------------------------------------------------------------------------------


def work(servers: str, topic: str, group: str, name: str, core: int) -> Worked:
    """Read the topic to its end as a member of the group."""
    os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
    queries, _ = read(main_rules(None).path)
    parts = [Part.of(query) for query in queries]
    lane = FilterLane(parts)
    for lines in batches(made(REALISTIC, SECOND), None):
        lane.match([Taken(Record(topic, 0, number, line)) for number, line in enumerate(lines)])
    described = {part.detection: Described(part.detection, part.detection) for part in parts}
    process = Processor(lambda _: (lane,), AlertWriter(Origin("bench", "bench"), described))
    sinks = {sink: f"{topic}-{sink}" for sink in Sink}
    stream = KafkaStream(KafkaSettings(servers, group, (topic,), name, until_end=True), sinks)
    steps = [(time.time(), 0)]
    matches = 0
    started = time.process_time()
    while (records := stream.poll()) is not None:
        if records:
            batch = process(records)
            if stream.commit(batch.outputs):
                steps.append((time.time(), steps[-1][1] + batch.counters.events))
                matches += batch.counters.matches.total()
    stream.close()
    return Worked(steps, matches, time.process_time() - started, peak_rss())


# --- rounds ---------------------------------------------------------------------------------------


def fill(servers: str, topic: str, events: Path) -> None:
    """All events, in turn to each partition."""
    producer = Producer(
        {"bootstrap.servers": servers, "compression.type": "lz4", "linger.ms": 50, "acks": "all"}
    )
    number = 0
    for lines in batches(events, None):
        for line in lines:
            producer.produce(topic, line.rstrip(), partition=number % PARTITIONS)
            number += 1
        while len(producer) > 50_000:
            producer.poll(0.1)
    producer.flush(SECONDS)


def rounds(servers: str, topic: str, count: int) -> Iterator[tuple[int, list[Worked]]]:
    """Interleaved, so that a slow minute of the machine hits both alike."""
    for _ in range(count):
        for workers in (1, PARTITIONS):
            yield workers, _round(servers, topic, workers)


def _round(servers: str, topic: str, workers: int) -> list[Worked]:
    group = uuid4().hex
    command = [sys.executable, "-m", "bench.ours.kafka_workers", "--servers", servers]
    children = [
        subprocess.Popen(
            [*command, "--work", topic, group, str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in range(workers)
    ]
    try:
        told = [child.communicate(timeout=SECONDS)[0] for child in children]
    finally:
        for child in children:
            child.kill()
    if any(child.returncode for child in children):
        raise SystemExit("a worker failed: see above")
    return [Worked(**json.loads(each)) for each in told]


def rate(workers: Sequence[Worked]) -> float:
    """Events a second of all workers together, while all of them work."""
    start = max(_settled(each.steps) for each in workers)
    end = min(each.steps[-1][0] for each in workers)
    if end <= start:
        raise SystemExit("too few events: a worker had nothing to do when another had just begun")
    return sum(each.between(start, end) for each in workers) / (end - start)


def _settled(steps: Iterable[tuple[float, int]]) -> float:
    return next((moment for moment, count in steps if count >= SETTLED), float("inf"))


def measure(events: Path, count: int) -> list[dict[str, Any]]:
    """A row for each round and number of workers."""
    rows: list[dict[str, Any]] = []
    with running(("kafka",), name=f"bench-{os.getpid()}") as endpoints:
        servers = endpoints.addresses["kafka"]
        topic = f"bench-{uuid4().hex}"
        topics.create(servers, [topic], partitions=PARTITIONS)
        topics.create(servers, [f"{topic}-{sink}" for sink in Sink], partitions=1)
        fill(servers, topic, events)
        for workers, worked in rounds(servers, topic, count):
            rows.append(_row(workers, worked))
            print(json.dumps(rows[-1]), flush=True)
    return rows


def _row(workers: int, worked: Sequence[Worked]) -> dict[str, Any]:
    events = sum(each.steps[-1][1] for each in worked)
    cpu_us = sum(each.cpu_seconds for each in worked) / events * 1e6
    return {
        "workers": workers,
        "events_per_second": round(rate(worked)),
        "cores": round(rate(worked) * cpu_us / 1e6, 2),
        "events": events,
        "matches": sum(each.matches for each in worked),
        "cpu_us_per_event": round(cpu_us, 1),
        "peak_rss_mb": round(max(each.peak_rss_mb for each in worked)),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """All rounds, then the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help=f"write the rounds to {RECORD.name}")
    parser.add_argument("--servers", help=argparse.SUPPRESS)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        topic, group, number = given.work
        done = work(given.servers, topic, group, f"w{number}", int(number))
        told = {key: getattr(done, key) for key in Worked.__slots__}
        print(json.dumps(told))
        return
    rows = measure(made(REALISTIC, given.events), given.rounds)
    if given.record:
        RECORD.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    by_workers = {n: [row for row in rows if row["workers"] == n] for n in (1, PARTITIONS)}
    rates = {n: median(row["events_per_second"] for row in got) for n, got in by_workers.items()}
    exact = len({row["matches"] for row in rows}) == len({row["events"] for row in rows}) == 1
    print(
        f"{rates[1]:,.0f} events/s with one worker, {rates[PARTITIONS]:,.0f} with {PARTITIONS}: "
        f"{rates[PARTITIONS] / rates[1]:.2f} times; "
        f"{'the same matches in every round' if exact else 'MATCHES DIFFER'}"
    )


if __name__ == "__main__":
    main()
