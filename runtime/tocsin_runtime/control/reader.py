"""Reading a control topic: once, or again and again."""

from __future__ import annotations

import time

from tocsin.errors import ConfigError, EngineError
from tocsin_kafka.admin import Admin
from tocsin_kafka.consumer import Fetched, PartitionReader
from tocsin_kafka.errors import MissingTopicError
from tocsin_kafka.offsets import end_now
from tocsin_kafka.settings import TO_LOG
from tocsin_runtime.control.kept import Kept

_SECONDS = 60.0
_DRAIN_SECONDS = 0.5
_SETTINGS = {
    **TO_LOG,
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": False,
    # A fetch that waits is not woken when a transaction commits.
    "fetch.wait.max.ms": 50,
}


def read(servers: str, topic: str) -> dict[str, bytes]:
    """All records, by key. Raises ConfigError if there is no such topic."""
    follower = Follower(servers, topic)
    try:
        follower.refresh()
    finally:
        follower.close()
    return follower.records


class Follower:
    """Keeps `records` as the topic has them: committed ones, of each key the last."""

    def __init__(self, servers: str, topic: str) -> None:
        self._kept = Kept()
        self.records = self._kept.records
        self._servers = servers
        self._topic = topic
        self._next = 0
        self._reader = PartitionReader(servers, topic, _SETTINGS)
        self._admin = Admin(servers)
        self._start()

    def refresh(self, seconds: float = _SECONDS) -> bool:
        """Read up to the current end; returns whether anything changed.

        Raises:
            ConfigError: there is no such topic.
            EngineError: the broker does not answer for so long.
        """
        limit = time.monotonic() + seconds
        end = self._end(limit)
        changed = False
        if end < self._next:  # another topic of this name: the first was deleted
            self._start()
            changed = True
        while self._next < end:
            read = self._reader.poll(0.1)
            if read is not None and not read.end:
                limit = time.monotonic() + seconds
            changed |= read is not None and self._take(read)
            if time.monotonic() > limit:
                raise self._silent()
        return changed

    def drain(self) -> bool:
        """Take what has arrived meanwhile, without waiting; whether anything changed.

        Where it never ends, the rest is left for the next time.
        """
        changed, limit = False, time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < limit and (read := self._reader.poll(0)) is not None:
            changed |= self._take(read)
        return changed

    def close(self) -> None:
        """Let go."""
        self._reader.close()

    def _start(self) -> None:
        self._kept.clear()
        self._next = 0
        self._reader.assign({(self._topic, 0): 0})

    def _end(self, limit: float) -> int:
        """Offset after the last committed record. Raises as `refresh` does."""
        while time.monotonic() < limit:
            end = committed_end(self._admin, self._topic)
            if end is not None:
                return end
            time.sleep(0.2)
        raise self._silent()

    def _take(self, read: Fetched) -> bool:
        if read.end:
            self._next = max(self._next, read.offset)
            return False
        self._next = read.offset + 1
        return self._kept.take(read.key, read.value)

    def _silent(self) -> EngineError:
        return EngineError(
            f"no Kafka broker answers at {self._servers}",
            hint="is it up? see `tocsin engines status`",
        )


def committed_end(asked: Admin, topic: str) -> int | None:
    """Offset after the last committed record of a control topic, None if nobody answers now.

    Raises ConfigError if there is no such topic.
    """
    try:
        return end_now(asked, topic)
    except MissingTopicError:
        raise missing(topic) from None


def missing(topic: str) -> ConfigError:
    """What to say where there is no control topic."""
    environment = topic.rpartition(".")[2]
    return ConfigError(
        f"nothing is deployed to {environment}: there is no topic {topic}",
        hint=f"deploy with `tocsin apply --env {environment}`",
    )
