"""A member of a consumer group whose positions are kept elsewhere, with what it writes there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition

from tocsin_kafka.admin import Admin
from tocsin_kafka.errors import PASSING, MissingTopicError, as_error
from tocsin_kafka.settings import COMMITTED, client

_SECONDS = 30.0


class OffsetValue(NamedTuple):
    """A record of a partition. A value that is None deletes its key."""

    offset: int
    value: bytes | None


class Gap(NamedTuple):
    """Records that the broker deleted before they were read: from `first` up to before `next`."""

    partition: int
    first: int
    next: int


class KeptElsewhere:
    """Committed records of one topic, shared with the other members of the group.

    `position`: the next offset of a partition, where the caller keeps it; asked whenever one is
    assigned. `on_gap` is told of records that are gone. Raises EngineError.
    """

    def __init__(
        self,
        servers: str,
        group: str,
        topic: str,
        position: Callable[[int], int],
        on_gap: Callable[[Gap], None],
    ) -> None:
        self._topic, self._position, self._on_gap = topic, position, on_gap
        self._consumer = Consumer(
            {
                **client(servers),
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": COMMITTED,
                "allow.auto.create.topics": False,
                "session.timeout.ms": 10_000,
                "queued.max.messages.kbytes": 64 * 1024,
            }
        )
        self._consumer.subscribe([topic], on_assign=self._on_assign)

    def fetch(self, most: int, seconds: float) -> Mapping[int, Sequence[OffsetValue]]:
        """The next records by partition, in order; nothing if none come in time."""
        found: dict[int, list[OffsetValue]] = defaultdict(list)
        try:
            messages = self._consumer.consume(most, seconds)
        except KafkaException as error:
            raise as_error(error.args[0]) from None
        for message in messages:
            if (wrong := message.error()) is None:
                partition, offset = message.partition() or 0, message.offset() or 0
                found[partition].append(OffsetValue(offset, message.value()))
            elif wrong.fatal() or wrong.code() not in PASSING:
                raise as_error(wrong)
        return found

    def behind(self) -> int:
        """How many records of its partitions it has not fetched, as far as it is known."""
        try:
            places = self._consumer.position(self._consumer.assignment())
            ends = [self._consumer.get_watermark_offsets(place, cached=True)[1] for place in places]
        except KafkaException as error:
            raise as_error(error.args[0]) from None
        return sum(
            max(0, end - place.offset)
            for place, end in zip(places, ends, strict=True)
            if place.offset >= 0
        )

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _on_assign(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        starts = []
        for partition in partitions:
            at = self._position(partition.partition)
            low, _ = consumer.get_watermark_offsets(partition, timeout=_SECONDS)
            if low > at > 0:
                self._on_gap(Gap(partition.partition, at, low))
            starts.append(TopicPartition(self._topic, partition.partition, max(at, low)))
        consumer.assign(starts)


def topic_id(servers: str, topic: str) -> str:
    """What tells a topic from another one of its name, made after it was deleted."""
    client = Admin(servers)  # must outlive the future
    asked = client.describe_topics(TopicCollection([topic]), request_timeout=_SECONDS)
    try:
        return str(asked[topic].result().topic_id)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise MissingTopicError(f"topic {topic} does not exist") from None
        raise as_error(error.args[0]) from None
