"""Writing releases and artifacts to a control topic: one writer at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from tocsin.errors import ConfigError, EngineError
from tocsin_kafka.clients import LOG, TAKEN
from tocsin_kafka.topics import admin, existing
from tocsin_runtime.control.reader import committed_end
from tocsin_runtime.control.topic import MOST_BYTES, RELEASE, ensure, topic_name

_SECONDS = 60.0
_TRANSACTION_SECONDS = 15
"""After which the broker aborts what a killed apply left open: readers wait for that."""


class ControlWriter:
    """The apply of an environment. The first `put` takes over from whoever wrote before.

    `topic`: the control topic; taking over makes it where it is missing.
    """

    def __init__(self, servers: str, project: str, environment: str) -> None:
        self.topic = topic_name(project, environment)
        self._servers = servers
        self._identity = f"tocsin-control/{project}/{environment}"
        self._producer: Producer | None = None
        self._fenced = False

    def take_over(self) -> None:
        """From now on any other writer of this environment fails.

        Raises:
            ConfigError: another has taken over from this one; the topic is not as it must be.
            EngineError: the broker does not answer.
        """
        if self._fenced:
            raise _FENCED
        if self._producer is None:
            existing(self._servers)  # says in time, and clearly, if nobody answers
            ensure(self._servers, self.topic)
            self._producer = self._opened()

    def put(self, records: Mapping[str, bytes | None]) -> None:
        """Write these records, None deletes; all at once; durable, and seen by all, on return.

        Raises:
            ConfigError: another apply has taken over; nothing was written.
            EngineError: the broker does not take them; nothing was written, so far as it is known.
        """
        self.take_over()
        try:
            self._written(records)
        except KafkaException as error:
            raise self._undo(error.args[0]) from None

    @property
    def _open(self) -> Producer:
        if self._producer is None:
            raise RuntimeError("take over first")
        return self._producer

    def _opened(self) -> Producer:
        made = Producer(
            {
                "bootstrap.servers": self._servers,
                "transactional.id": self._identity,
                "transaction.timeout.ms": _TRANSACTION_SECONDS * 1000,
                "message.max.bytes": MOST_BYTES,
                "compression.type": "lz4",
                "linger.ms": 1,
            },
            logger=LOG,
        )
        try:
            made.init_transactions(_SECONDS)
        except KafkaException as error:
            raise as_error(error.args[0]) from None
        return made

    def _written(self, records: Mapping[str, bytes | None]) -> None:
        producer = self._open
        producer.begin_transaction()
        last = -1

        def note(_: KafkaError | None, message: Message) -> None:
            nonlocal last
            last = max(last, message.offset() or 0)

        # What a release names is there before it, and goes after it.
        for key, value in sorted(records.items(), key=_turn):
            while True:
                try:
                    producer.produce(self.topic, value, key, partition=0, on_delivery=note)
                    break
                except BufferError:  # the queue is full: wait until the broker has taken some
                    producer.poll(0.05)
        _commit(producer)
        self._await(last)

    def _await(self, offset: int) -> None:
        """A transaction that is committed is visible a moment later."""
        client = admin(self._servers)
        limit = time.monotonic() + _SECONDS
        while (committed_end(client, self.topic) or 0) <= offset:
            if time.monotonic() > limit:
                raise EngineError(f"Kafka does not show what was written to {self.topic}")
            time.sleep(0.002)

    def _undo(self, error: KafkaError) -> ConfigError | EngineError:
        if not error.fatal():
            with suppress(KafkaException):
                self._open.abort_transaction(_SECONDS)
        self._producer = None
        self._fenced = taken(error)
        return as_error(error)


_FENCED = ConfigError(
    "another apply has taken over", hint="wait for it, then look with `tocsin status`"
)


def _turn(record: tuple[str, bytes | None]) -> tuple[bool, bool, str]:
    key, value = record
    return value is None, key == RELEASE, key


def _commit(producer: Producer) -> None:
    limit = time.monotonic() + _SECONDS
    while True:
        try:
            producer.commit_transaction(_SECONDS)
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > limit:
                raise
        else:
            return


def taken(error: KafkaError) -> bool:
    """Whether another producer of the same identity was opened."""
    # Of a fatal error librdkafka tells the cause in words only.
    return error.code() in TAKEN or "fenced" in error.str().lower()


def as_error(error: KafkaError) -> ConfigError | EngineError:
    """What to tell of an error that ends a writer."""
    if taken(error):
        return _FENCED
    return EngineError(f"Kafka: {error.str()}", hint="is the broker up? see `tocsin engines`")
