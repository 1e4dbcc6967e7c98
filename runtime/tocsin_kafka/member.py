"""A member of a consumer group that writes what it makes of the records: its two clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka import Consumer, Producer

from tocsin.errors import ConfigError
from tocsin_kafka.producer import transactional
from tocsin_kafka.settings import COMMITTED, client

TRANSACTION_SECONDS = 30
"""What a killed member left open keeps its partitions from the others for so long.

Then the broker aborts it, and it looks every ten seconds. So this is well below the time that
apply gives workers to get healthy.
"""
_FETCHED_KB = 64 * 1024
_QUEUED_KB = 64 * 1024


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """What a member reads, and how much at a time.

    `name` tells members of one group apart. A batch ends with `batch` records, or after
    `wait_seconds`. `queue`: results that wait for the broker. A member that is silent for
    `session_seconds`, or busy with one batch for `busy_seconds`, loses its partitions. `starts`:
    where topics begin that the group never read, in milliseconds since 1970.
    """

    servers: str
    group: str
    topics: tuple[str, ...]
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
    return Consumer(
        {
            **client(settings.servers),
            "group.id": settings.group,
            "group.instance.id": settings.name,
            "session.timeout.ms": settings.session_seconds * 1000,
            "max.poll.interval.ms": settings.busy_seconds * 1000,
            "heartbeat.interval.ms": 1000,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": COMMITTED,
            "allow.auto.create.topics": False,
            "topic.metadata.refresh.interval.ms": 10_000,
            "queued.max.messages.kbytes": _FETCHED_KB,
        }
    )


def producer(settings: KafkaSettings, taken: ConfigError) -> Producer:
    """A transactional producer with a bounded queue. Fences its predecessor of the same name."""
    limits = {
        "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
        "linger.ms": 5,
        "compression.type": "lz4",
        "queue.buffering.max.messages": settings.queue,
        "queue.buffering.max.kbytes": _QUEUED_KB,
    }
    identity = f"{settings.group}/{settings.name}"
    return transactional(settings.servers, identity, TRANSACTION_SECONDS, taken, limits)
