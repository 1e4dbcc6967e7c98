"""Events from Kafka topics; results and offsets commit together in one transaction.

A worker has a name that stays the same when it is started again. It is the static member of the
consumer group and, with the group, the transactional id: a restarted worker takes over at once and
aborts what its killed predecessor left open, and of two workers of one name only one lives.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from tocsin.errors import ConfigError, EngineError
from tocsin_runtime.worker.stream import Output, Record, Sink

_LOG = logging.getLogger("tocsin.kafka")
_LOG.addHandler(logging.NullHandler())  # not onto the terminal, unless someone wants it there

_SESSION_SECONDS = 10
_TRANSACTION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where a worker reads and writes. `name` tells workers of one group apart."""

    servers: str
    group: str
    topics: tuple[str, ...]
    sinks: Mapping[Sink, str]
    name: str
    until_end: bool = False
    batch: int = 2000
    wait_seconds: float = 0.2


class KafkaStream:
    """A member of a consumer group with a transactional producer."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._ended: set[tuple[str, int]] = set()
        self._assigned: set[tuple[str, int]] | None = None
        self._next: dict[tuple[str, int], int] = {}
        self._producer = _producer(settings)
        self._consumer = Consumer(_consumer(settings), logger=_LOG)
        self.subscribe(settings.topics)

    def subscribe(self, topics: Sequence[str]) -> None:
        """Read these topics from now on, each from where the group is. Between commits only."""
        self._idle = not topics
        if topics:
            self._consumer.subscribe(
                list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke
            )
        else:
            self._consumer.unsubscribe()

    def poll(self) -> Sequence[Record] | None:
        """Records of all assigned partitions; None when `until_end` and all are read."""
        settings = self._settings
        if settings.until_end and self._at_end():
            return None
        try:
            messages = self._consumer.consume(settings.batch, settings.wait_seconds)
        except KafkaException as error:
            raise _as_engine_error(error.args[0]) from None
        return [record for message in messages for record in self._record(message)]

    def _at_end(self) -> bool:
        return self._idle or (self._assigned is not None and self._ended >= self._assigned)

    def commit(self, outputs: Sequence[Output]) -> None:
        """One transaction: results and offsets. Aborted, the records are polled again."""
        offsets = [TopicPartition(t, p, at) for (t, p), at in self._next.items()]
        try:
            self._producer.begin_transaction()
            for output in outputs:
                self._send(output)
            metadata = self._consumer.consumer_group_metadata()
            self._producer.send_offsets_to_transaction(offsets, metadata, _TRANSACTION_SECONDS)
            self._producer.commit_transaction(_TRANSACTION_SECONDS)
            self._next.clear()
        except KafkaException as error:
            self._undo(error.args[0])
            raise _as_engine_error(error.args[0]) from None

    def close(self) -> None:
        """Leave the group; an open transaction is aborted by the next worker of this name."""
        self._consumer.close()
        self._producer.purge()
        self._producer.flush(0)

    def _record(self, message: Message) -> Sequence[Record]:
        place = (message.topic() or "", message.partition() or 0)
        if error := message.error():
            self._on_error(error, place)
            return ()
        if place not in (self._assigned or ()):
            return ()  # revoked in the same poll: its next owner reads it
        offset = message.offset() or 0
        self._next[place] = offset + 1
        value = message.value()
        raw = value.encode() if isinstance(value, str) else value or b""
        return (Record(*place, offset, raw),)

    def _on_error(self, error: KafkaError, place: tuple[str, int]) -> None:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name for it
            self._ended.add(place)
        elif error.fatal() or error.code() not in _PASSING:
            raise _as_engine_error(error)

    def _send(self, output: Output) -> None:
        topic = self._settings.sinks.get(output.sink)
        if topic is None:
            return
        key = output.key.encode("utf-8", "surrogatepass")
        try:
            self._producer.produce(topic, output.value, key)
        except BufferError:
            # The queue is full: let it drain.
            self._producer.flush(_TRANSACTION_SECONDS)
            self._producer.produce(topic, output.value, key)

    def _undo(self, error: KafkaError) -> None:
        if error.fatal():
            return
        try:
            self._producer.abort_transaction(_TRANSACTION_SECONDS)
        except KafkaException:
            return  # the broker is away: the transaction times out there, or is aborted on restart

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = {(p.topic, p.partition) for p in partitions}
        self._ended &= self._assigned

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        # Called inside `poll` only, so that no transaction is open; what that poll got of these
        # partitions and is not committed belongs to their next owner.
        for each in partitions:
            self._next.pop((each.topic, each.partition), None)
        self._assigned = None


_PASSING = {
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


def _consumer(settings: KafkaSettings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.servers,
        "group.id": settings.group,
        "group.instance.id": settings.name,
        "session.timeout.ms": _SESSION_SECONDS * 1000,
        "heartbeat.interval.ms": 1000,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
        "topic.metadata.refresh.interval.ms": 10_000,
    }


def _producer(settings: KafkaSettings) -> Producer:
    producer = Producer(
        {
            "bootstrap.servers": settings.servers,
            "transactional.id": f"{settings.group}/{settings.name}",
            "transaction.timeout.ms": _TRANSACTION_SECONDS * 1000,
            "linger.ms": 5,
            "compression.type": "lz4",
        },
        logger=_LOG,
    )
    try:
        producer.init_transactions(_TRANSACTION_SECONDS)
    except KafkaException as error:
        raise _as_engine_error(error.args[0]) from None
    return producer


def _as_engine_error(error: KafkaError) -> EngineError | ConfigError:
    # Of a fatal error librdkafka tells the cause in words only.
    if error.code() in _TAKEN or "fenced" in error.str().lower():
        return ConfigError(
            "another worker of this name has taken over",
            hint="give every worker of a group its own name with --name",
        )
    return EngineError(f"Kafka: {error.str()}", hint="is the broker up? see `tocsin engines`")


_TAKEN = {
    KafkaError._FENCED,  # noqa: SLF001 - librdkafka's name for it
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
}
