"""A number that outlives a process, where those who only write to topics cannot change it."""

from __future__ import annotations

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tocsin_kafka.errors import as_error
from tocsin_kafka.offsets import settled_offsets
from tocsin_kafka.settings import TO_LOG, client


class KeptNumber:
    """The offset that a group without members has committed in a topic of one partition."""

    def __init__(self, servers: str, group: str, topic: str) -> None:
        self._servers = servers
        self._group = group
        self._place = (topic, 0)

    def read(self) -> int:
        """The number, -1 if none is kept. Raises EngineError."""
        found = settled_offsets(self._servers, self._group, [self._place])
        return found.get(self._place, -1)

    def write(self, number: int) -> None:
        """Keep it. Raises EngineError."""
        consumer = Consumer({**client(self._servers, TO_LOG), "group.id": self._group})
        try:
            consumer.commit(offsets=[TopicPartition(*self._place, number)], asynchronous=False)
        except KafkaException as error:
            raise as_error(error.args[0]) from None
        finally:
            consumer.close()
