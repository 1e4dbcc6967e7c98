"""The control topic as the store of an environment's records."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin_kafka.topics import existing
from tocsin_runtime.control.reader import read
from tocsin_runtime.control.topic import altered
from tocsin_runtime.control.writer import ControlWriter


class ControlTopic:
    """A `tocsin.backend.records.RecordStore`. The first `put` fences off other writers."""

    def __init__(self, servers: str, project: str, environment: str) -> None:
        self._servers = servers
        self._writer = ControlWriter(servers, project, environment)

    @property
    def name(self) -> str:
        """The topic."""
        return self._writer.topic

    def records(self) -> Mapping[str, bytes]:
        """The last committed record of each key."""
        if self.name not in existing(self._servers):
            return {}
        return read(self._servers, self.name)

    def put(self, records: Mapping[str, bytes | None]) -> None:
        """All at once. Raises ConfigError if another apply has taken over."""
        self._writer.put(records)

    def altered(self) -> str:
        """What is wrong with the topic's settings, or nothing."""
        return altered(self._servers, self.name)
