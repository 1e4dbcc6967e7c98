"""Reading partitions that are assigned by hand: no group is joined, nothing is committed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException, TopicPartition

from tocsin.errors import EngineError
from tocsin_kafka.errors import PASSING, as_error, at_end
from tocsin_kafka.settings import COMMITTED, TO_LOG, ClientSettings, Offsets, Partition, client

BEGINNING: int = OFFSET_BEGINNING
_SECONDS = 60.0


class Fetched(NamedTuple):
    """A record; or with `end` no record, but that a partition ends at this offset now.

    `written`: when, in milliseconds since 1970. A value that is None deletes its key.
    """

    place: Partition
    offset: int
    key: bytes = b""
    value: bytes | None = None
    written: int = 0
    end: bool = False


class PartitionReader:
    """Committed records of some partitions, from given offsets on. Raises EngineError."""

    def __init__(self, servers: str, group: str, settings: ClientSettings = TO_LOG) -> None:
        self._places: set[Partition] = set()
        self._consumer = Consumer(
            {
                "group.id": group,  # which is not joined
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,  # the end of a partition is told after so long
                "isolation.level": COMMITTED,
                **client(servers, settings),
            }
        )

    def assign(self, starts: Offsets) -> None:
        """Read these partitions from now on, each from its offset."""
        self._places = set(starts)
        self._consumer.assign([TopicPartition(*place, at) for place, at in starts.items()])

    def assign_since(self, places: Iterable[Partition], since: int) -> None:
        """Those of these that have records written since (milliseconds since 1970), from there."""
        asked = [TopicPartition(*place, since) for place in places]
        try:
            found = self._consumer.offsets_for_times(asked, timeout=_SECONDS)
        except KafkaException as error:
            raise as_error(error.args[0]) from None
        self.assign(
            {(p.topic, p.partition): p.offset for p in found if p.offset not in {OFFSET_END, -1}}
        )

    def poll(self, seconds: float) -> Fetched | None:
        """The next record or end, None if there is none in time."""
        message = self._consumer.poll(seconds)
        if message is None:
            return None
        place, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
        error = message.error()
        if error is None:
            key, value = message.key() or b"", message.value()
            return Fetched(place, offset, key, value, message.timestamp()[1])
        if at_end(error):
            return Fetched(place, offset, end=True)
        if error.code() not in PASSING:
            raise as_error(error)
        return None

    def to_end(self, seconds: float = _SECONDS) -> Iterator[Fetched]:
        """All records up to where the partitions end now. Raises if none comes for so long."""
        left, limit = set(self._places), time.monotonic() + seconds
        while left:
            read = self.poll(1.0)
            if read is None:
                if time.monotonic() > limit:
                    topic, _ = min(left)
                    raise EngineError(
                        f"the end of topic {topic} was not reached within {seconds:.0f} s"
                    )
            elif read.end:
                left.discard(read.place)
            else:
                limit = time.monotonic() + seconds
                yield read

    def first(self, seconds: float) -> Iterator[Fetched]:
        """The next record of each partition, of those that have one in time."""
        left, limit = len(self._places), time.monotonic() + seconds
        while left and time.monotonic() < limit:
            read = self.poll(1.0)
            if read is not None:
                left -= 1
                self._consumer.incremental_unassign([TopicPartition(*read.place)])
                if not read.end:
                    yield read

    def close(self) -> None:
        """Let go."""
        self._consumer.close()
