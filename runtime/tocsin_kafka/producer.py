"""Writing to topics: one by one, or many at once in a transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from tocsin.errors import ConfigError, EngineError
from tocsin_kafka.errors import as_error
from tocsin_kafka.settings import TO_LOG, ClientSettings, client

_SECONDS = 60.0
_ANY = -1
"""Partition: as the client likes."""


class IdempotentWriter:
    """Records one by one: what the broker accepts is stored once, in this order."""

    def __init__(self, servers: str, settings: ClientSettings = TO_LOG) -> None:
        self._producer = Producer({**client(servers, settings), "enable.idempotence": True})

    def send(self, topic: str, value: bytes | None, partition: int = _ANY) -> None:
        """Send it, waiting if the queue is full."""
        while True:
            try:
                self._producer.produce(topic, value, partition=partition)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def offer(self, topic: str, key: str, value: bytes | None, partition: int = _ANY) -> bool:
        """Send it, unless the queue is full."""
        try:
            self._producer.produce(topic, value, key, partition=partition)
            self._producer.poll(0)
        except (BufferError, KafkaException):
            return False
        return True

    def flush(self, seconds: float = _SECONDS) -> bool:
        """Wait until the broker has everything; whether it has."""
        return not self._producer.flush(seconds)


class TransactionalWriter:
    """Records all at once. Of several writers of one identity the last that was opened lives.

    `taken` is raised by the others.
    """

    def __init__(
        self, servers: str, identity: str, taken: ConfigError, settings: ClientSettings = TO_LOG
    ) -> None:
        self._taken = taken
        self._producer = transactional(servers, identity, _SECONDS, taken, settings)

    def write(self, topic: str, records: Iterable[tuple[str, bytes | None]]) -> int:
        """Write these keys and values to the only partition of a topic; the last one's offset.

        Raises `taken`, or EngineError; then nothing was written, so far as it is known.
        """
        try:
            return self._write(topic, records)
        except KafkaException as error:
            told: KafkaError = error.args[0]
            if not told.fatal():
                with suppress(KafkaException):
                    self._producer.abort_transaction(_SECONDS)
            raise as_error(told, self._taken) from None

    def _write(self, topic: str, records: Iterable[tuple[str, bytes | None]]) -> int:
        last = -1

        def note(_: KafkaError | None, message: Message) -> None:
            nonlocal last
            last = max(last, message.offset() or 0)

        self._producer.begin_transaction()
        for key, value in records:
            while True:
                try:
                    self._producer.produce(topic, value, key, partition=0, on_delivery=note)
                    break
                except BufferError:  # the queue is full: wait until the broker has taken some
                    self._producer.poll(0.05)
        self._commit()
        return last

    def _commit(self) -> None:
        limit = time.monotonic() + _SECONDS
        while True:
            try:
                self._producer.commit_transaction(_SECONDS)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > limit:
                    raise
            else:
                return


def transactional(
    servers: str, identity: str, seconds: float, taken: ConfigError, settings: ClientSettings
) -> Producer:
    """A producer that fences its predecessor of this identity. Raises `taken`, or EngineError."""
    made = Producer({**client(servers), "transactional.id": identity, **settings})
    try:
        made.init_transactions(seconds)
    except KafkaException as error:
        raise as_error(error.args[0], taken) from None
    return made


def send_all(
    servers: str, topic: str, values: Iterable[bytes | None], settings: ClientSettings = TO_LOG
) -> None:
    """Send the records in this order; None deletes. Raises EngineError if Kafka refuses one."""
    writer = IdempotentWriter(servers, settings)
    for value in values:
        writer.send(topic, value)
    if not writer.flush():
        raise EngineError(f"Kafka at {servers} did not accept all events of topic {topic}")
