"""Reading the topic of matches, as far as it goes now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from tocsin.errors import EngineError
from tocsin_kafka.clients import LOG, PASSING, as_engine_error
from tocsin_kafka.topics import partitions

_SECONDS = 60.0


def matches(servers: str, topic: str, since: int) -> Iterator[Mapping[str, Any]]:
    """Committed records written at or after `since` (milliseconds since 1970 UTC), to the end.

    Raises EngineError if the broker does not answer, or there is no such topic.
    """
    count = partitions(servers).get(topic)
    if count is None:
        raise EngineError(f"there is no topic {topic}", hint="nothing has matched here yet?")
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": topic,  # nobody joins it: partitions are assigned by hand
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,  # the end of a partition is told after so long
            "isolation.level": "read_committed",
        },
        logger=LOG,
    )
    try:
        yield from _to_end(consumer, [TopicPartition(topic, p, since) for p in range(count)])
    except KafkaException as error:
        raise as_engine_error(error.args[0]) from None
    finally:
        consumer.close()


def _to_end(consumer: Consumer, wanted: list[TopicPartition]) -> Iterator[Mapping[str, Any]]:
    """From the first record of each partition that is young enough."""
    found = consumer.offsets_for_times(wanted, timeout=_SECONDS)
    started = [p for p in found if p.offset not in {OFFSET_END, -1}]
    consumer.assign(started)
    open_ = {p.partition for p in started}
    limit = time.monotonic() + _SECONDS
    while open_:
        message = consumer.poll(1.0)
        if message is None:
            if time.monotonic() > limit:
                raise EngineError(f"topic {wanted[0].topic} has no end after {_SECONDS:.0f} s")
            continue
        error = message.error()
        if error is None:
            limit = time.monotonic() + _SECONDS
            yield json.loads(message.value() or b"{}")
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name for it
            open_.discard(message.partition())
        elif error.code() not in PASSING:
            raise as_engine_error(error)
