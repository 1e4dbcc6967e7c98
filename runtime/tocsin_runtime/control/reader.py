"""Reading a control topic: once, or again and again."""

from __future__ import annotations

import time

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from tocsin.errors import ConfigError, EngineError
from tocsin_kafka.clients import LOG, PASSING, as_engine_error
from tocsin_kafka.topics import admin, known
from tocsin_runtime.control.kept import Kept

_SECONDS = 60.0
_DRAIN_SECONDS = 0.5
_ASKED_SECONDS = 5.0
"""No client may go while an answer is due: so the question ends long before whoever waits."""


def read(servers: str, topic: str) -> dict[str, bytes]:
    """All records, by key. Raises ConfigError if there is no such topic."""
    follower = Follower(servers, topic)
    try:
        follower.refresh()
    finally:
        follower.close()
    return follower.records


class Follower:
    """Keeps `records` as the topic has them: committed ones, of each key the last."""

    def __init__(self, servers: str, topic: str) -> None:
        self._kept = Kept()
        self.records = self._kept.records
        self._servers = servers
        self._topic = topic
        self._next = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": topic,  # nobody joins it: the partition is assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                # A fetch that waits is not woken when a transaction commits.
                "fetch.wait.max.ms": 50,
            },
            logger=LOG,
        )
        self._admin = admin(servers)
        self._start()

    def refresh(self, seconds: float = _SECONDS) -> bool:
        """Read up to what is the end now; whether anything changed.

        Raises:
            ConfigError: there is no such topic.
            EngineError: the broker does not answer for so long.
        """
        limit = time.monotonic() + seconds
        end = self._end(limit)
        changed = False
        if end < self._next:  # another topic of this name: the first was deleted
            self._start()
            changed = True
        while self._next < end:
            message = self._consumer.poll(0.1)
            if message is not None and not message.error():
                limit = time.monotonic() + seconds
            changed |= message is not None and self._take(message)
            if time.monotonic() > limit:
                raise self._silent()
        return changed

    def drain(self) -> bool:
        """Take what has arrived meanwhile, without waiting; whether anything changed.

        Where it never ends, the rest is left for the next time.
        """
        changed, limit = False, time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < limit and (message := self._consumer.poll(0)) is not None:
            changed |= self._take(message)
        return changed

    def close(self) -> None:
        """Let go."""
        self._consumer.close()

    def _start(self) -> None:
        self._kept.clear()
        self._next = 0
        self._consumer.assign([TopicPartition(self._topic, 0, 0)])

    def _end(self, limit: float) -> int:
        """Offset after the last committed record. Raises as `refresh` does."""
        while time.monotonic() < limit:
            end = committed_end(self._admin, self._topic)
            if end is not None:
                return end
            time.sleep(0.2)
        raise self._silent()

    def _take(self, message: Message) -> bool:
        if error := message.error():
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
                self._next = max(self._next, message.offset() or 0)
            elif error.code() not in PASSING:
                raise as_engine_error(error)
            return False
        self._next = (message.offset() or 0) + 1
        return self._kept.take(message.key() or b"", message.value())

    def _silent(self) -> EngineError:
        return EngineError(
            f"no Kafka broker answers at {self._servers}",
            hint="is it up? see `tocsin engines status`",
        )


def committed_end(client: AdminClient, topic: str) -> int | None:
    """Offset after the last committed record of a control topic, None if nobody answers now.

    A client without fetches asks: a broker answers a connection's requests in turn, and a fetch
    waits for records. Raises ConfigError if there is no such topic.
    """
    place = TopicPartition(topic, 0)
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    committed = IsolationLevel.READ_COMMITTED
    try:
        error = known(client, topic, _ASKED_SECONDS)[topic].error
        if error and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise missing(topic)
        asked = client.list_offsets(
            {place: latest}, isolation_level=committed, request_timeout=_ASKED_SECONDS
        )
        return int(asked[place].result(2 * _ASKED_SECONDS).offset)
    except (KafkaException, TimeoutError):
        return None


def missing(topic: str) -> ConfigError:
    """What to say where there is no control topic."""
    environment = topic.rpartition(".")[2]
    return ConfigError(
        f"nothing is deployed to {environment}: there is no topic {topic}",
        hint=f"deploy with `tocsin apply --env {environment}`",
    )
