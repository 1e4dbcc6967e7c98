"""Topics of one run: made, filled, read to their end and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tocsin.errors import EngineError

SECONDS = 60.0


def client(servers: str) -> dict[str, Any]:
    """Settings of every client: librdkafka's own chatter stays off stderr, errors are raised."""
    return {"bootstrap.servers": servers, "log_level": 3}


@contextmanager
def topics(servers: str, names: Sequence[str]) -> Iterator[None]:
    """New topics with one partition each, deleted at the end."""
    admin = AdminClient(client(servers))
    made = admin.create_topics([NewTopic(name, 1, 1) for name in names], request_timeout=SECONDS)
    try:
        for future in made.values():
            future.result(SECONDS)
        yield
    finally:
        for future in admin.delete_topics(list(names), request_timeout=SECONDS).values():
            future.exception(SECONDS)


def produce(servers: str, topic: str, events: Iterable[Mapping[str, Any]]) -> None:
    """The events as JSON in this order: in a new topic, an event's number is its offset."""
    send(servers, topic, (json.dumps(event, ensure_ascii=True).encode() for event in events))


def send(servers: str, topic: str, values: Iterable[bytes | None]) -> None:
    """The records in this order; None deletes. Raises EngineError if Kafka takes not all."""
    producer = Producer({**client(servers), "enable.idempotence": True})
    for value in values:
        while True:
            try:
                producer.produce(topic, value)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(SECONDS):
        raise EngineError(f"Kafka at {servers} did not take all events of topic {topic}")


def records(servers: str, topic: str) -> list[dict[str, Any]]:
    """All records of a topic, up to its end as it is now."""
    consumer = Consumer(
        {
            **client(servers),
            "group.id": topic,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,  # the end of a partition is told after so long
            "isolation.level": "read_committed",
        }
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    try:
        return list(_to_end(consumer, topic))
    finally:
        consumer.close()


def _to_end(consumer: Consumer, topic: str) -> Iterator[dict[str, Any]]:
    while message := consumer.poll(SECONDS):
        error = message.error()
        if error is None:
            yield json.loads(message.value() or b"{}")
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only name
            return
        else:
            raise EngineError(f"topic {topic}: {error.str()}")
    raise EngineError(f"topic {topic} has no end after {SECONDS:.0f} s")
