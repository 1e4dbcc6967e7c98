"""Where a group begins in partitions that it has never read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

_ANSWER_SECONDS = 60
"""Longer than a transaction of a killed worker may hold the offsets."""


def begin(
    consumer: Consumer, partitions: Sequence[TopicPartition], starts: Mapping[str, int]
) -> None:
    """Take over these partitions; those never read begin at their topic's start.

    `starts`: milliseconds since 1970, by topic; 0 and topics that are not there: the first event
    that there is. What was found is committed, so that it stays where it is when this worker ends
    before its first batch. Raises KafkaException.
    """
    timed = [each for each in partitions if starts.get(each.topic)]
    known = consumer.committed(timed, timeout=_ANSWER_SECONDS) if timed else []
    new = [each for each in known if each.offset == OFFSET_INVALID]
    found = list(_found(consumer, new, starts))
    if not found:
        return
    others = [each for each in partitions if each not in found]
    consumer.assign([*others, *found])
    # Refused where the group has just moved on: then the next owner finds the same place.
    with suppress(KafkaException):
        consumer.commit(offsets=found, asynchronous=False)


def _found(
    consumer: Consumer, new: Sequence[TopicPartition], starts: Mapping[str, int]
) -> Iterator[TopicPartition]:
    for each in new:
        # The end is asked for first: what comes meanwhile is later than it, and than the start.
        _, end = consumer.get_watermark_offsets(each, timeout=_ANSWER_SECONDS)
        asked = TopicPartition(each.topic, each.partition, starts[each.topic])
        [first] = consumer.offsets_for_times([asked], timeout=_ANSWER_SECONDS)
        yield TopicPartition(each.topic, each.partition, end if first.offset < 0 else first.offset)
