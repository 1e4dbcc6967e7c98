"""How far the workers are: what the group has committed, and where partitions end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from tocsin.errors import EngineError
from tocsin_kafka.clients import LOG
from tocsin_kafka.topics import admin, known

Place = tuple[str, int]
"""Topic and partition."""
Offsets = Mapping[Place, int]

_ANSWER_SECONDS = 30


class Progress:
    """The positions of a group in some partitions."""

    def __init__(self, servers: str, group: str, places: Iterable[Place]) -> None:
        self._servers = servers
        self._admin = admin(servers)
        self._group = group
        self.places = sorted(places)

    def committed(self) -> Offsets:
        """Where the group is; -1 where it never was."""
        if not self.places:
            return {}
        asked = ConsumerGroupTopicPartitions(self._group, [TopicPartition(*p) for p in self.places])
        try:
            futures = self._admin.list_consumer_group_offsets(
                [asked], request_timeout=_ANSWER_SECONDS
            )
            found = futures[self._group].result(2 * _ANSWER_SECONDS).topic_partitions
        except KafkaException as error:
            raise EngineError(f"Kafka, group {self._group}: {error.args[0].str()}") from None
        return {(each.topic, each.partition): max(-1, each.offset) for each in found}

    def ends(self) -> Offsets:
        """Where the partitions end."""
        return self._offsets(OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def starts(self) -> Offsets:
        """Where the partitions begin."""
        return self._offsets(OffsetSpec.earliest())  # type: ignore[no-untyped-call]

    def unread(self) -> Offsets:
        """How many events the group has not read, of the partitions where there are any."""
        committed, ends, starts = self.committed(), self.ends(), self.starts()
        behind = {place: ends[place] - max(committed[place], starts[place]) for place in ends}
        return {place: events for place, events in behind.items() if events > 0}

    def oldest(self, places: Iterable[Place]) -> int | None:
        """When the first event that is unread there was written, in milliseconds since 1970."""
        committed, starts = self.committed(), self.starts()
        wanted = {place: max(committed[place], starts[place]) for place in places}
        if not wanted:
            return None
        consumer = Consumer(
            {
                "bootstrap.servers": self._servers,
                "group.id": self._group,  # which is not joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,  # the end of a partition is told after so long
                "isolation.level": "read_committed",
            },
            logger=LOG,
        )
        try:
            consumer.assign([TopicPartition(*place, at) for place, at in wanted.items()])
            return min(_first_written(consumer, len(wanted)), default=None)
        finally:
            consumer.close()

    def _offsets(self, which: OffsetSpec) -> Offsets:
        if not self.places:
            return {}
        asked = {TopicPartition(*place): which for place in self.places}
        committed = IsolationLevel.READ_COMMITTED
        try:
            known(self._admin, None, _ANSWER_SECONDS)
            futures = self._admin.list_offsets(
                asked, isolation_level=committed, request_timeout=_ANSWER_SECONDS
            )
            return {
                (place.topic, place.partition): future.result(2 * _ANSWER_SECONDS).offset
                for place, future in futures.items()
            }
        except KafkaException as error:
            raise EngineError(f"Kafka: {error.args[0].str()}") from None


def _first_written(consumer: Consumer, partitions: int) -> Iterator[int]:
    """When the next record of each of its partitions was written, where there is one."""
    limit = time.monotonic() + _ANSWER_SECONDS
    while partitions and time.monotonic() < limit:
        message = consumer.poll(1.0)
        if message is None:
            continue
        partitions -= 1
        place = TopicPartition(message.topic() or "", message.partition() or 0)
        consumer.incremental_unassign([place])
        if message.error() is None:
            yield message.timestamp()[1]
