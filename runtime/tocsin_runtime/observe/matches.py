"""Reading the topic of matches, as far as it goes now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from tocsin.errors import EngineError
from tocsin_kafka.consumer import PartitionReader
from tocsin_kafka.topics import partitions


def matches(servers: str, topic: str, since: int) -> Iterator[Mapping[str, Any]]:
    """Committed records written at or after `since` (milliseconds since 1970 UTC), to the end.

    Raises EngineError if the broker does not answer, or there is no such topic.
    """
    count = partitions(servers).get(topic)
    if count is None:
        raise EngineError(f"there is no topic {topic}", hint="it is created with the first match")
    with closing(PartitionReader(servers, topic)) as reader:
        reader.assign_since([(topic, number) for number in range(count)], since)
        for read in reader.to_end():
            yield json.loads(read.value or b"{}")
