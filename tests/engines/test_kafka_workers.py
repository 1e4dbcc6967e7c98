"""Workers that join, leave, stall and get more than the broker takes: each match exactly once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from engines.kafka_io import consume
from engines.kafka_shop import Shop, many
from patience import SECONDS, until
from tocsin_kafka import topics
from tocsin_kafka.member import KafkaSettings
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.worker.kafka import KafkaStream

pytestmark = pytest.mark.engine

FEED = 200
"""Events at a time."""


def feed_slowly(shop: Shop, events: Sequence[dict[str, Any]], seconds: float) -> threading.Thread:
    """Feed for about so long, beside the test."""

    def run() -> None:
        for start in range(0, len(events), FEED):
            shop.feed(events[start : start + FEED])
            time.sleep(seconds * FEED / len(events))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_worker_joins_and_another_leaves_under_load(shop: Shop) -> None:
    events = many(12_000)
    stays = shop.worker("--name", "stays")
    until(lambda: all(shop.shares(1)))
    feeding = feed_slowly(shop, events, seconds=15)
    until(lambda: shop.progress() > 1_000)
    leaves = shop.worker("--name", "leaves")
    until(lambda: all(shop.shares(2)))
    joined = shop.progress()
    until(lambda: shop.progress() > joined + 2_000)
    assert feeding.is_alive()
    leaves.send_signal(signal.SIGTERM)
    left = shop.finish(leaves)
    feeding.join()
    until(lambda: shop.progress() == len(events))
    stays.send_signal(signal.SIGTERM)
    stayed = shop.finish(stays)
    assert left["events"] > 500
    assert left["events"] + stayed["events"] == len(events)
    found = shop.matches()
    assert max(found.values()) == 1
    assert found == shop.expected(events)
    alerts = [alert["id"] for alert in shop.results(Sink.ALERTS)]
    assert len(set(alerts)) == len(alerts) == len(found)


# --- the stream alone -----------------------------------------------------------------------------


@pytest.fixture
def prefix(servers: str) -> Iterator[str]:
    """Of topics `-in` and `-out` with one partition each."""
    made = f"stream{uuid4().hex}"
    both = [f"{made}-in", f"{made}-out"]
    topics.create(servers, both, partitions=1)
    yield made
    topics.delete(servers, both)


def fill(servers: str, prefix: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": servers})
    for n in range(count):
        producer.produce(f"{prefix}-in", str(n).encode())
    assert producer.flush(SECONDS) == 0


def stream(servers: str, prefix: str, name: str = "w", **limits: Any) -> KafkaStream:
    sinks = {Sink.MATCHES: f"{prefix}-out"}
    return KafkaStream(KafkaSettings(servers, prefix, (f"{prefix}-in",), name, **limits), sinks)


def polled(of: KafkaStream) -> Sequence[Record]:
    """The next records."""
    end = time.monotonic() + SECONDS
    while not (records := of.poll()):
        assert records is not None
        assert time.monotonic() < end, "nothing came"
    return records


def copied(records: Sequence[Record]) -> list[Output]:
    return [Output(Sink.MATCHES, str(r.offset), r.value) for r in records]


def test_a_stalled_worker_cannot_commit_what_another_has_taken_over(
    servers: str, prefix: str
) -> None:
    fill(servers, prefix, 100)
    limits = {"session_seconds": 6, "busy_seconds": 6}
    stalled = stream(servers, prefix, "stalled", **limits)
    records = polled(stalled)
    assert len(records) == 100
    other = stream(servers, prefix, "other", **limits)
    taken = polled(other)
    assert other.commit(copied(taken))
    # It comes back, and writes what it had at hand: none of that counts.
    assert not stalled.commit(copied(records))
    fill(servers, prefix, 50)
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for each in (stalled, other):
            if more := each.poll():
                each.commit(copied(more))
    for each in (stalled, other):
        each.close()
    assert sorted(map(int, consume(servers, f"{prefix}-out"))) == sorted([*range(100), *range(50)])


def test_a_group_begins_where_it_is_told_and_stays_there(servers: str, prefix: str) -> None:
    fill(servers, prefix, 30)
    time.sleep(0.01)
    start = time.time_ns() // 1_000_000
    first = stream(servers, prefix, starts={f"{prefix}-in": start})
    until(lambda: not first.poll() and bool(first.assigned))
    first.close()  # before anything came
    fill(servers, prefix, 20)
    # The place is the group's now, whatever a later worker is told.
    second = stream(servers, prefix, starts={f"{prefix}-in": start + 60_000})
    assert [record.offset for record in polled(second)] == [*range(30, 50)]
    second.close()


def test_more_results_than_the_queue_holds_are_all_there_once(servers: str, prefix: str) -> None:
    fill(servers, prefix, 1)
    small = stream(servers, prefix, queue=10)
    polled(small)
    assert small.commit(Output(Sink.MATCHES, str(n), b"%d" % n) for n in range(5_000))
    small.close()
    assert list(map(int, consume(servers, f"{prefix}-out"))) == list(range(5_000))


def test_batches_get_smaller_while_results_take_long(servers: str, prefix: str) -> None:
    fill(servers, prefix, 2_000)
    paced = stream(servers, prefix, batch=400, wait_seconds=5)

    def slow() -> Iterator[Output]:
        time.sleep(5.2)
        yield Output(Sink.MATCHES, "slow", b"0")

    sizes = []
    for outputs in (slow(), iter(()), iter(()), iter(())):
        sizes.append(len(polled(paced)))
        assert paced.commit(outputs)
    paced.close()
    assert sizes == [400, 200, 400, 400]
