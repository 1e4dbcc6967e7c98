"""Events and results of one run as records of topics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from tocsin_kafka.consumer import BEGINNING, PartitionReader
from tocsin_kafka.producer import send_all
from tocsin_kafka.settings import ERRORS_TO_STDERR


def produce(servers: str, topic: str, events: Iterable[Mapping[str, Any]]) -> None:
    """The events as JSON in this order: in a new topic, an event's number is its offset."""
    values = (json.dumps(event, ensure_ascii=True).encode() for event in events)
    send_all(servers, topic, values, ERRORS_TO_STDERR)


def records(servers: str, topic: str) -> list[dict[str, Any]]:
    """All records of a topic, up to its end as it is now."""
    with closing(PartitionReader(servers, topic, ERRORS_TO_STDERR)) as reader:
        reader.assign({(topic, 0): BEGINNING})
        return [json.loads(read.value or b"{}") for read in reader.to_end()]
