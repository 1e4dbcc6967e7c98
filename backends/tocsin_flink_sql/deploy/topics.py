"""The topics that jobs read and write: made, checked, and where they end now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewTopic

from tocsin.errors import EngineError
from tocsin.release.finding import Finding
from tocsin_flink_sql.bounded.topics import SECONDS, client
from tocsin_flink_sql.deploy.environment import LARGEST
from tocsin_flink_sql.deploy.job_specs import Topics

WANTED: Final[Mapping[str, str]] = MappingProxyType(
    {"cleanup.policy": "delete", "max.message.bytes": str(LARGEST)}
)
"""What topics of matches must be set to: a compacted one would lose records without a key, and one
that takes no record of a large event would fail the job that writes it, again and again."""

T = TypeVar("T")
At = tuple[str, int]
"""A topic and a partition of it."""

LOOK_SECONDS = 10.0
COMMITTED = "read_committed"
_SET = AlterConfigOpType.SET
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

    def make(self, names: Iterable[str], partitions: int) -> None:
        """Make those of these topics that are missing; `partitions` 0: as the broker likes."""
        new = [NewTopic(name, partitions or -1, -1) for name in self.missing(names)]
        for topic in new:
            topic.config = dict(WANTED)
        for future in self._admin.create_topics(new).values() if new else ():
            self._done(future)

    def restore(self, names: Iterable[str]) -> None:
        """Set the topics of matches back to what they must be."""
        for name in names:
            wrong = [(key, WANTED[key]) for key in self._wrong(name)]
            if entries := [ConfigEntry(*each, incremental_operation=_SET) for each in wrong]:
                resource = ConfigResource("topic", name, incremental_configs=entries)
                [future] = self._admin.incremental_alter_configs([resource]).values()
                self._done(future)

    def altered(self, to: Topics) -> list[Finding]:
        """How the topics of matches differ from what was made; missing ones are told as such."""
        gone = self.missing((to.found, to.refused))
        found = [Finding("topic-missing", name, cure="apply makes it again") for name in gone]
        for name in sorted({to.found, to.refused} - set(gone)):
            for key, value in self._wrong(name).items():
                told = f"{key} is {value}, not {WANTED[key]}"
                found.append(Finding("topic-altered", name, told, "apply sets it back"))
        return found

    def _wrong(self, name: str) -> dict[str, str]:
        """Settings of a topic of matches that are not as they must be, and what they are."""
        settings = self._settings("topic", name)
        return {key: settings[key] for key, wanted in WANTED.items() if settings[key] != wanted}

    def longest_transaction(self) -> int:
        """Milliseconds that the brokers allow a transaction to take."""
        try:
            brokers = self._admin.list_topics(timeout=SECONDS).brokers
        except KafkaException as error:
            raise self._silent(error) from error
        kinds = [self._settings("broker", str(broker)) for broker in brokers]
        return min(int(kind[_LONGEST_TRANSACTION]) for kind in kinds)

    def ends(self, topics: Sequence[str], isolation: str = COMMITTED) -> dict[At, int]:
        """The next offset of each partition of these topics, as readers with this isolation see."""
        known = self.partitions()
        places = [(topic, at) for topic in topics for at in known.get(topic, ())]
        with self._looking("tocsin-look", isolation) as looking:
            return {at: _end(looking, at) for at in places}

    def written(self, topic: str) -> tuple[int, ...]:
        """The same by partition of one topic, past what open transactions have written."""
        return tuple(self.ends([topic], "read_uncommitted").values())

    def read(self, group: str, where: Iterable[At]) -> dict[At, int]:
        """The next offset that a consumer group reads, of those partitions that it has read."""
        asked = [TopicPartition(*at) for at in where]
        if not asked:
            return {}
        # Not by the admin client, which crashes where a broker has no groups yet.
        with self._looking(group) as looking:
            rows = _patient(lambda: looking.committed(asked, timeout=SECONDS))
        return {(at.topic, at.partition): at.offset for at in rows if at.offset >= 0}

    def unread(self, positions: Mapping[At, int]) -> list[At]:
        """Partitions with a record at or after a position; those below 0 were never read."""
        return [
            at for at, position in positions.items() if position < 0 or self._holds(at, position)
        ]

    def _holds(self, at: At, position: int) -> bool:
        with self._looking("tocsin-look") as looking:
            looking.assign([TopicPartition(*at, position)])
            message = looking.poll(LOOK_SECONDS)
        return message is not None and message.error() is None

    @contextmanager
    def _looking(self, group: str, isolation: str = COMMITTED) -> Iterator[Consumer]:
        """A consumer that never joins its group, nor commits anything."""
        consumer = Consumer(
            {
                **client(self._servers),
                "group.id": group,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,  # the end of a partition is told after so long
                "isolation.level": isolation,
            }
        )
        try:
            yield consumer
        except KafkaException as error:
            raise self._silent(error) from error
        finally:
            consumer.close()

    def _settings(self, kind: str, name: str) -> dict[str, str]:
        def ask() -> Mapping[str, Any]:
            [future] = self._admin.describe_configs([ConfigResource(kind, name)]).values()
            return dict(future.result(SECONDS))

        try:
            return {key: entry.value for key, entry in _patient(ask).items()}
        except (KafkaException, TimeoutError) as error:
            raise self._silent(error) from error

    def _done(self, future: Future[Any]) -> Any:
        try:
            return future.result(SECONDS)
        except (KafkaException, TimeoutError) as error:
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> EngineError:
        reason = error.args[0].str() if isinstance(error, KafkaException) else "no answer"
        return EngineError(f"Kafka at {self._servers}: {reason}")


def _patient(ask: Callable[[], T]) -> T:
    """The answer; a broker that has just started, or a new topic, has no leader for a moment."""
    deadline = time.monotonic() + LOOK_SECONDS
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _end(looking: Consumer, at: At) -> int:
    place = TopicPartition(*at)
    _, end = _patient(lambda: looking.get_watermark_offsets(place, timeout=SECONDS))
    return int(end)
