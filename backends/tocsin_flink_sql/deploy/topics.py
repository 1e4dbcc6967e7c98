"""The topics that jobs read and write: made, checked, and where they end now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from types import MappingProxyType
from typing import Final

from tocsin.release.finding import Finding
from tocsin_flink_sql.deploy.environment import LARGEST
from tocsin_flink_sql.deploy.job_specs import Topics
from tocsin_kafka import offsets, topics
from tocsin_kafka.admin import Admin, broker_settings
from tocsin_kafka.consumer import PartitionReader
from tocsin_kafka.settings import ERRORS_TO_STDERR, Offsets, Partition

_SECONDS = 60.0
WANTED: Final[Mapping[str, str]] = MappingProxyType(
    {"cleanup.policy": "delete", "max.message.bytes": str(LARGEST)}
)
"""What topics of matches must be set to: a compacted one would lose records without a key, and one
that takes no record of a large event would fail the job that writes it, again and again."""

LOOK_SECONDS = 10.0
_LONGEST_TRANSACTION = "transaction.max.timeout.ms"


class Channels:
    """Topics on one Kafka. Raises EngineError where it does not answer."""

    def __init__(self, servers: str) -> None:
        self._servers = servers

    @cached_property
    def _admin(self) -> Admin:
        return Admin(self._servers)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of these topics that are not there."""
        return sorted(set(names) - topics.existing(self._servers, _SECONDS))

    def make(self, names: Iterable[str], partitions: int) -> None:
        """Make those of these topics that are missing; `partitions` 0: as the broker likes."""
        topics.create(self._servers, self.missing(names), partitions or -1, WANTED)

    def restore(self, names: Iterable[str]) -> None:
        """Set the topics of matches back to what they must be."""
        topics.restore(self._servers, names, WANTED)

    def altered(self, to: Topics) -> list[Finding]:
        """How the topics of matches differ from what was made; missing ones are told as such."""
        gone = self.missing((to.found, to.refused))
        found = [Finding("topic-missing", name, cure="apply creates it again") for name in gone]
        there = sorted({to.found, to.refused} - set(gone))
        for name, settings in topics.settings_of(self._servers, there).items():
            for key, wanted in WANTED.items():
                if settings[key] != wanted:
                    told = f"{key} is {settings[key]}, not {wanted}"
                    found.append(Finding("topic-altered", name, told, "apply resets it"))
        return found

    def longest_transaction(self) -> int:
        """Milliseconds that the brokers allow a transaction to take."""
        brokers = broker_settings(self._servers)
        return min(int(settings[_LONGEST_TRANSACTION]) for settings in brokers)

    def ends(self, names: Sequence[str]) -> Offsets:
        """The next offset of each partition of these topics, as readers see them."""
        return offsets.ends(self._admin, self._places(names))

    def written(self, topic: str) -> tuple[int, ...]:
        """The same by partition of one topic, past what open transactions have written."""
        return tuple(offsets.ends(self._admin, self._places([topic]), committed=False).values())

    def _places(self, names: Iterable[str]) -> list[Partition]:
        known = topics.partitions(self._servers, _SECONDS)
        return [(name, number) for name in names for number in range(known.get(name, 0))]

    def read(self, group: str, where: Iterable[Partition]) -> Offsets:
        """The next offset that a consumer group reads, of those partitions that it has read."""
        return offsets.settled_offsets(self._servers, group, where, ERRORS_TO_STDERR)

    def unread(self, positions: Offsets) -> list[Partition]:
        """Partitions with a record at or after a position; those below 0 were never read."""
        return [
            at for at, position in positions.items() if position < 0 or self._holds(at, position)
        ]

    def _holds(self, at: Partition, position: int) -> bool:
        with closing(PartitionReader(self._servers, "tocsin-look", ERRORS_TO_STDERR)) as reader:
            reader.assign({at: position})
            read = reader.poll(LOOK_SECONDS)
        return read is not None and not read.end
