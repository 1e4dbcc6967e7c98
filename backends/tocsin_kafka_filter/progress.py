"""How far the workers are: what the group has committed, and where partitions end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from tocsin.errors import EngineError
from tocsin_runtime.worker.topics import admin

Place = tuple[str, int]
"""Topic and partition."""
Offsets = Mapping[Place, int]

_ANSWER_SECONDS = 30


class Progress:
    """The positions of a group in some partitions."""

    def __init__(self, servers: str, group: str, places: Iterable[Place]) -> None:
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

    def behind(self) -> int:
        """Events that the group has not read."""
        committed, ends, starts = self.committed(), self.ends(), self.starts()
        return sum(max(0, ends[p] - max(committed[p], starts[p])) for p in self.places)

    def _offsets(self, which: OffsetSpec) -> Offsets:
        if not self.places:
            return {}
        asked = {TopicPartition(*place): which for place in self.places}
        committed = IsolationLevel.READ_COMMITTED
        futures = self._admin.list_offsets(
            asked, isolation_level=committed, request_timeout=_ANSWER_SECONDS
        )
        try:
            return {
                (place.topic, place.partition): future.result(2 * _ANSWER_SECONDS).offset
                for place, future in futures.items()
            }
        except KafkaException as error:
            raise EngineError(f"Kafka: {error.args[0].str()}") from None
