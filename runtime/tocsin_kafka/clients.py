"""Kafka's clients as a worker needs them: settings, limits, and errors in our words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from tocsin.errors import ConfigError, EngineError
from tocsin.secrets import scrub
from tocsin_runtime.stream.base import Sink

LOG = logging.getLogger("tocsin.kafka")
"""What Kafka's clients say: not onto the terminal, unless someone wants it there."""
LOG.addHandler(logging.NullHandler())


def _scrubbed(record: logging.LogRecord) -> bool:
    record.msg, record.args = scrub(record.getMessage()), None
    return True


LOG.addFilter(_scrubbed)

TRANSACTION_SECONDS = 30
"""What a killed worker left open keeps its partitions from the others for so long.

Then the broker aborts it, and it looks every ten seconds. So this is well below the time that
apply gives workers to get healthy.
"""
_FETCHED_KB = 64 * 1024
_QUEUED_KB = 64 * 1024


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where a worker reads and writes, and how much at a time.

    `name` tells workers of one group apart. A batch ends with `batch` records, or after
    `wait_seconds`. `queue`: results that wait for the broker. A worker that is silent for
    `session_seconds`, or busy with one batch for `busy_seconds`, loses its partitions. `starts`:
    where topics begin that the group never read, in milliseconds since 1970.
    """

    servers: str
    group: str
    topics: tuple[str, ...]
    sinks: Mapping[Sink, str]
    name: str
    until_end: bool = False
    starts: Mapping[str, int] = field(default_factory=dict)
    batch: int = 5000
    wait_seconds: float = 0.05
    queue: int = 20_000
    session_seconds: int = 10
    busy_seconds: int = 300


def consumer(settings: KafkaSettings) -> Consumer:
    """A static member of the group; what it fetches ahead is bounded."""
    return Consumer(_consumer(settings), logger=LOG)


def _consumer(settings: KafkaSettings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.servers,
        "group.id": settings.group,
        "group.instance.id": settings.name,
        "session.timeout.ms": settings.session_seconds * 1000,
        "max.poll.interval.ms": settings.busy_seconds * 1000,
        "heartbeat.interval.ms": 1000,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
        "topic.metadata.refresh.interval.ms": 10_000,
        "queued.max.messages.kbytes": _FETCHED_KB,
    }


def producer(settings: KafkaSettings) -> Producer:
    """A transactional producer with a bounded queue. Fences its predecessor of the same name."""
    made = Producer(
        {
            "bootstrap.servers": settings.servers,
            "transactional.id": f"{settings.group}/{settings.name}",
            "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
            "linger.ms": 5,
            "compression.type": "lz4",
            "queue.buffering.max.messages": settings.queue,
            "queue.buffering.max.kbytes": _QUEUED_KB,
        },
        logger=LOG,
    )
    try:
        made.init_transactions(TRANSACTION_SECONDS)
    except KafkaException as error:
        raise as_engine_error(error.args[0]) from None
    return made


def as_engine_error(error: KafkaError) -> EngineError | ConfigError:
    """What to tell of an error that ends the worker."""
    # Of a fatal error librdkafka tells the cause in words only.
    if error.code() in TAKEN or "fenced" in error.str().lower():
        return ConfigError(
            "another worker of this name has taken over",
            hint="give every worker of a group its own name with --name; one that takes over "
            f"{TRANSACTION_SECONDS} s to write the results of a batch ends so too",
        )
    return EngineError(f"Kafka: {error.str()}", hint="is the broker up? see `tocsin engines`")


TAKEN = {
    KafkaError._FENCED,  # noqa: SLF001 - librdkafka's name for it
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
}
"""Another client of the same identity was opened."""

PASSING = {
    KafkaError._TRANSPORT,  # noqa: SLF001 - librdkafka's names for its own errors
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._RESOLVE,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
}
"""Errors after which librdkafka goes on by itself."""

MOVED = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    # A worker of the same name would have fenced the producer first, and that is fatal.
    KafkaError.FENCED_INSTANCE_ID,
}
"""The group went on without this worker: what it has at hand is someone else's now."""
