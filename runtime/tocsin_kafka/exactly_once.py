"""Records from topics; results and offsets commit together in one transaction.

A member has a name that stays the same when it is started again. It is the static member of the
consumer group and, with the group, the transactional id: a restarted member takes over at once and
aborts what its killed predecessor left open, and of two members of one name only one lives.

Nothing is polled before the last batch is committed, so that what is in memory is one batch, what
was fetched ahead, and the producer's queue; the latter two are bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from tocsin.errors import ConfigError, EngineError
from tocsin.model.names import TOPIC
from tocsin_kafka.errors import MOVED, PASSING, as_error, at_end
from tocsin_kafka.member import TRANSACTION_SECONDS, KafkaSettings, consumer, producer
from tocsin_kafka.settings import Partition
from tocsin_kafka.starts import begin

_LONG_SECONDS, _SHORT_SECONDS = 5.0, 1.0
"""A batch that takes longer is followed by a smaller one, one that is done sooner by a larger."""
_FEWEST = 100
_ANSWER_SECONDS = 30
_STUCK_SECONDS = 20.0

T = TypeVar("T")
Result = tuple[str, str, bytes]
"""Topic, key and value of what is written."""


class ExactlyOnce(Generic[T]):
    """A member of a consumer group with a transactional producer.

    `make` makes a record of topic, partition, offset and value. `taken` is raised when another
    member of this name has taken over.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        make: Callable[[str, int, int, bytes], T],
        taken: ConfigError,
    ) -> None:
        self._settings = settings
        self._make = make
        self._taken = taken
        self._batch = settings.batch
        self._polled = 0.0
        self._ended: set[Partition] = set()
        self._assigned: set[Partition] | None = None
        self._first: dict[Partition, int] = {}
        self._next: dict[Partition, int] = {}
        self._done: dict[Partition, int] = {}
        self._producer = producer(settings, taken)
        self._consumer = consumer(settings)
        self.subscribe(settings.topics, settings.starts)

    def subscribe(self, topics: Sequence[str], starts: Mapping[str, int]) -> None:
        """Read these topics from now on, each from where the group is. Between commits only.

        `starts`: where those begin that the group never read, in milliseconds since 1970.
        """
        if strange := [name for name in topics if not TOPIC.fullmatch(name)]:
            raise EngineError(f"{strange[0]!r} cannot be a topic: clients may read it as a pattern")
        self._idle = not topics
        self._starts = starts
        if topics:
            self._consumer.subscribe(
                list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke
            )
        else:
            self._consumer.unsubscribe()

    @property
    def assigned(self) -> frozenset[Partition]:
        """Topics and partitions that this member reads now."""
        return frozenset(self._assigned or ())

    def partitions(self, topic: str) -> int:
        """How many a topic has, 0 if there is none of this name. Raises EngineError."""
        try:
            known = self._consumer.list_topics(topic, _ANSWER_SECONDS).topics[topic]
        except KafkaException as error:
            raise as_error(error.args[0], self._taken) from None
        return len(known.partitions)

    def lags(self) -> dict[Partition, int]:
        """Events behind, of the partitions where that is known without asking."""
        found: dict[Partition, int] = {}
        for place, at in self._done.items():
            asked = TopicPartition(*place)
            with suppress(KafkaException):
                _, end = self._consumer.get_watermark_offsets(asked, cached=True)
                if end >= at:
                    found[place] = end - at
        return found

    def poll(self) -> Sequence[T] | None:
        """Records of all assigned partitions; None when `until_end` and all are read."""
        settings = self._settings
        if settings.until_end and self._at_end():
            return None
        try:
            messages = self._consumer.consume(self._batch, settings.wait_seconds)
        except KafkaException as error:
            raise as_error(error.args[0], self._taken) from None
        self._polled = time.monotonic()
        records = map(self._record, messages)
        return [record for record in records if record is not None]

    def _at_end(self) -> bool:
        return self._idle or (self._assigned is not None and self._ended >= self._assigned)

    def commit_with(self, results: Iterable[Result]) -> bool:
        """One transaction: results and offsets. If the group has moved on, neither is there."""
        offsets = [TopicPartition(t, p, at) for (t, p), at in self._next.items()]
        try:
            self._producer.begin_transaction()
            for topic, key, value in results:
                self._send(topic, key.encode("utf-8", "surrogatepass"), value)
            if not self._add(offsets):
                # Which aborts what the first left open.
                self._producer = producer(self._settings, self._taken)
                self._rewind()
                return False
            self._producer.commit_transaction(TRANSACTION_SECONDS)
        except KafkaException as error:
            self._undo(error.args[0])
            return False
        self._done |= self._next
        self._first.clear()
        self._next.clear()
        self._pace(time.monotonic() - self._polled)
        return True

    def close(self) -> None:
        """Leave the group; an open transaction is aborted by the next member of this name."""
        self._consumer.close()
        self._producer.purge()
        self._producer.flush(0)

    # --- reading --------------------------------------------------------------------------------

    def _record(self, message: Message) -> T | None:
        place = (message.topic() or "", message.partition() or 0)
        if error := message.error():
            self._on_error(error, place)
            return None
        if place not in (self._assigned or ()):
            return None  # revoked in the same poll: its next owner reads it
        offset = message.offset() or 0
        self._first.setdefault(place, offset)
        self._next[place] = offset + 1
        return self._make(*place, offset, message.value() or b"")

    def _on_error(self, error: KafkaError, place: Partition) -> None:
        if at_end(error):
            self._ended.add(place)
        elif error.fatal() or error.code() not in PASSING:
            raise as_error(error, self._taken)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        begin(consumer, partitions, self._starts)
        self._assigned = {(p.topic, p.partition) for p in partitions}
        self._ended &= self._assigned

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        # Called inside `poll` only, so that no transaction is open; what that poll got of these
        # partitions and is not committed belongs to their next owner.
        for each in partitions:
            for noted in (self._first, self._next, self._done):
                noted.pop((each.topic, each.partition), None)
        self._assigned = None

    # --- writing --------------------------------------------------------------------------------

    def _send(self, topic: str, key: bytes, value: bytes) -> None:
        end = time.monotonic() + TRANSACTION_SECONDS
        while True:
            try:
                self._producer.produce(topic, value, key)
                break
            except BufferError:  # the queue is full: wait until the broker has taken some
                self._producer.poll(0.05)
            if time.monotonic() > end:
                raise EngineError("Kafka does not accept results", hint="is the broker up?")

    def _add(self, offsets: list[TopicPartition]) -> bool:
        """Add offsets to the transaction; False if that gets stuck.

        After a restart of the broker librdkafka may wait for ever, whatever limit it is given
        (its issue 5456). The call is then left to itself, with its producer.
        """
        made, metadata = self._producer, self._consumer.consumer_group_metadata()
        ended: list[KafkaException | None] = []

        def add() -> None:
            try:
                made.send_offsets_to_transaction(offsets, metadata, TRANSACTION_SECONDS)
            except KafkaException as error:
                ended.append(error)
            else:
                ended.append(None)

        thread = Thread(target=add, daemon=True)
        thread.start()
        thread.join(_STUCK_SECONDS)
        if ended and ended[0]:
            raise ended[0]
        return bool(ended)

    def _undo(self, error: KafkaError) -> None:
        """Leave nothing. Raises EngineError unless the group has just moved on."""
        if not error.fatal():
            # If the broker is away, the transaction times out there, or is aborted on restart.
            with suppress(KafkaException):
                self._producer.abort_transaction(TRANSACTION_SECONDS)
        if error.fatal() or error.code() not in MOVED:
            raise as_error(error, self._taken)
        self._rewind()

    def _rewind(self) -> None:
        """Read again what was not committed."""
        for (topic, partition), first in self._first.items():
            # What is not ours any more cannot be sought; the next poll tells so.
            with suppress(KafkaException):
                self._consumer.seek(TopicPartition(topic, partition, first))
        self._ended -= self._first.keys()
        self._first.clear()
        self._next.clear()

    def _pace(self, seconds: float) -> None:
        """Where results are many, or slow to be taken, batches get smaller."""
        if seconds > _LONG_SECONDS:
            self._batch = max(_FEWEST, self._batch // 2)
        elif seconds < _SHORT_SECONDS:
            self._batch = min(self._settings.batch, self._batch * 2)
