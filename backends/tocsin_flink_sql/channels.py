"""The topics that jobs read and write: made, checked, and where they end now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from types import MappingProxyType
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.cimpl import NewTopic

from tocsin.backend.fleet import Finding
from tocsin.errors import EngineError
from tocsin_flink_sql.jobs import Topics
from tocsin_flink_sql.topics import SECONDS, client

WANTED: Final[Mapping[str, str]] = MappingProxyType({"cleanup.policy": "delete"})
"""What topics of matches must be set to: a compacted one would lose records without a key."""

LOOK_SECONDS = 10.0
_LONGEST_TRANSACTION = "transaction.max.timeout.ms"


class Channels:
    """Topics on one Kafka. Raises EngineError where it does not answer."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._admin = AdminClient(client(servers))

    def partitions(self) -> dict[str, list[int]]:
        """The partitions of all topics."""
        try:
            found = self._admin.list_topics(timeout=SECONDS).topics
        except KafkaException as error:
            raise self._silent(error) from error
        return {name: sorted(topic.partitions) for name, topic in found.items()}

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of these topics that are not there."""
        return sorted(set(names) - set(self.partitions()))

    def make(self, to: Topics, partitions: int) -> None:
        """Make the topics of matches that are missing; `partitions` 0: as the broker likes."""
        new = [NewTopic(n, partitions or -1, -1) for n in self.missing((to.found, to.refused))]
        for topic in new:
            topic.config = dict(WANTED)
        for future in self._admin.create_topics(new).values() if new else ():
            self._done(future)

    def altered(self, to: Topics) -> list[Finding]:
        """How the topics of matches differ from what was made; missing ones are told as such."""
        gone = self.missing((to.found, to.refused))
        found = [Finding("topic-missing", name, cure="apply makes it again") for name in gone]
        for name in sorted({to.found, to.refused} - set(gone)):
            settings = self._settings("topic", name)
            for key, wanted in WANTED.items():
                if settings.get(key) != wanted:
                    told = f"{key} is {settings.get(key)}, not {wanted}"
                    cure = f"set {key}={wanted} on the topic"
                    found.append(Finding("topic-altered", name, told, cure))
        return found

    def longest_transaction(self) -> int:
        """Milliseconds that the brokers allow a transaction to take."""
        try:
            brokers = self._admin.list_topics(timeout=SECONDS).brokers
        except KafkaException as error:
            raise self._silent(error) from error
        kinds = [self._settings("broker", str(broker)) for broker in brokers]
        return min(int(kind[_LONGEST_TRANSACTION]) for kind in kinds)

    def ends(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """The next offset of each partition of these topics."""
        known = self.partitions()
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call] # it has no types
        asked = {TopicPartition(t, p): latest for t in topics for p in known.get(t, ())}
        answers = self._admin.list_offsets(asked, request_timeout=SECONDS) if asked else {}
        return {(at.topic, at.partition): self._done(f).offset for at, f in answers.items()}

    def read(self, group: str, where: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The next offset that a consumer group reads, of those partitions that it has read."""
        asked = [TopicPartition(topic, partition) for topic, partition in where]
        if not asked:
            return {}
        wish = [ConsumerGroupTopicPartitions(group, asked)]
        [future] = self._admin.list_consumer_group_offsets(wish).values()
        rows = self._done(future).topic_partitions
        return {(at.topic, at.partition): at.offset for at in rows if at.offset >= 0}

    def unread(self, positions: Mapping[tuple[str, int], int]) -> list[tuple[str, int]]:
        """Partitions with a record at or after a position; those below 0 were never read."""
        return [
            at for at, position in positions.items() if position < 0 or self._holds(at, position)
        ]

    def _holds(self, at: tuple[str, int], position: int) -> bool:
        consumer = Consumer(
            {
                **client(self._servers),
                "group.id": "tocsin-look",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
            }
        )
        consumer.assign([TopicPartition(*at, position)])
        try:
            message = consumer.poll(LOOK_SECONDS)
        finally:
            consumer.close()
        return message is not None and message.error() is None

    def _settings(self, kind: str, name: str) -> dict[str, str]:
        [future] = self._admin.describe_configs([ConfigResource(kind, name)]).values()
        return {key: entry.value for key, entry in self._done(future).items()}

    def _done(self, future: Future[Any]) -> Any:
        try:
            return future.result(SECONDS)
        except (KafkaException, TimeoutError) as error:
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> EngineError:
        reason = error.args[0].str() if isinstance(error, KafkaException) else "no answer"
        return EngineError(f"Kafka at {self._servers}: {reason}")
