"""Alerts of the topic of a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select

from tocsin.progress import Notify
from tocsin_kafka.kept_elsewhere import Gap, KeptElsewhere, topic_id
from tocsin_server.alerts.store import StreamedAlert, StreamPiece, position
from tocsin_server.database import Database
from tocsin_server.ingest.models import ServerGroup

_MOST = 2000


class KafkaAlerts:
    """Shared with all servers that write into the same database, and with no others."""

    def __init__(self, database: Database, servers: str, topic: str, notify: Notify) -> None:
        self._name = f"kafka:{topic}:{topic_id(servers, topic)}"
        self._notify = notify
        group = _group(database)
        self._reader = KeptElsewhere(servers, group, topic, self._position(database), self._gap)

    def read(self, seconds: float) -> Iterator[StreamPiece]:
        """What the broker has by then, a piece a partition."""
        for partition, kept in self._reader.fetch(_MOST, seconds).items():
            records = [
                StreamedAlert(each.offset, each.value) for each in kept if each.value is not None
            ]
            yield StreamPiece(self._name, partition, records, kept[-1].offset + 1)

    def behind(self) -> int:
        """Records that are not read yet."""
        return self._reader.behind()

    def close(self) -> None:
        """Leave the group."""
        self._reader.close()

    def _position(self, database: Database) -> Callable[[int], int]:
        def found(partition: int) -> int:
            with database.read() as session:
                return position(session, self._name, partition)

        return found

    def _gap(self, gap: Gap) -> None:
        number = gap.next - gap.first
        self._notify(
            f"{number} records of partition {gap.partition} were deleted by the broker before they"
            " were read: its retention is too short"
        )


def _group(database: Database) -> str:
    with database.read() as session:
        return session.scalars(select(ServerGroup.name)).one()
