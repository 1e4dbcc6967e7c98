"""Where partitions begin and end, and how far a group is in them."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from tocsin.errors import EngineError
from tocsin_kafka.admin import ANSWER_SECONDS, Admin, patient
from tocsin_kafka.errors import MissingTopicError, as_error
from tocsin_kafka.settings import COMMITTED, TO_LOG, ClientSettings, Offsets, Partition, client

_ASKED_SECONDS = 5.0
"""No client may go while an answer is due: so the question ends long before whoever waits."""
_SECONDS = 60.0
_LEVELS = {True: IsolationLevel.READ_COMMITTED, False: IsolationLevel.READ_UNCOMMITTED}


def ends(asked: Admin, places: Iterable[Partition], *, committed: bool = True) -> Offsets:
    """The offset after the last record of each; not `committed`: also of open transactions."""
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    return _offsets(asked, places, latest, _LEVELS[committed])


def starts(asked: Admin, places: Iterable[Partition]) -> Offsets:
    """The offset of the first record of each."""
    earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    return _offsets(asked, places, earliest, _LEVELS[True])


def _offsets(
    asked: Admin, places: Iterable[Partition], which: OffsetSpec, level: IsolationLevel
) -> Offsets:
    wanted = {place: TopicPartition(*place) for place in places}
    if not wanted:
        return {}

    def ask() -> Offsets:
        asked.connect()
        futures = asked.list_offsets(
            dict.fromkeys(wanted.values(), which),
            isolation_level=level,
            request_timeout=ANSWER_SECONDS,
        )
        return {
            place: futures[each].result(2 * ANSWER_SECONDS).offset for place, each in wanted.items()
        }

    try:
        return patient(ask)
    except KafkaException as error:
        raise EngineError(f"Kafka: {error.args[0].str()}") from None


def end_now(asked: Admin, topic: str) -> int | None:
    """Offset after the last committed record of a topic with one partition; None: no answer now.

    A client without fetches asks: a broker answers a connection's requests in turn, and a fetch
    waits for records. Raises MissingTopicError.
    """
    place = TopicPartition(topic, 0)
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    try:
        error = asked.topic(topic, _ASKED_SECONDS).error
        if error and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise MissingTopicError(f"there is no topic {topic}")
        futures = asked.list_offsets(
            {place: latest}, isolation_level=_LEVELS[True], request_timeout=_ASKED_SECONDS
        )
        return int(futures[place].result(2 * _ASKED_SECONDS).offset)
    except (KafkaException, TimeoutError):
        return None


def group_offsets(asked: Admin, group: str, places: Iterable[Partition]) -> Offsets:
    """Where a group is by what it has committed, whatever is under way; -1 where it never was."""
    wanted = [TopicPartition(*place) for place in places]
    if not wanted:
        return {}
    request = [ConsumerGroupTopicPartitions(group, wanted)]
    try:
        futures = asked.list_consumer_group_offsets(request, request_timeout=ANSWER_SECONDS)
        found = futures[group].result(2 * ANSWER_SECONDS).topic_partitions
    except KafkaException as error:
        raise EngineError(f"Kafka, group {group}: {error.args[0].str()}") from None
    return {(each.topic, each.partition): max(-1, each.offset) for each in found}


def settled_offsets(
    servers: str, group: str, places: Iterable[Partition], settings: ClientSettings = TO_LOG
) -> Offsets:
    """Where a group is once its open transactions have ended, of those that it has read.

    Not by the admin client, which crashes where a broker has no groups yet.
    """
    wanted = [TopicPartition(*place) for place in places]
    if not wanted:
        return {}
    asked = Consumer({**client(servers, settings), "group.id": group, "isolation.level": COMMITTED})
    try:
        found = patient(lambda: asked.committed(wanted, timeout=_SECONDS))
    except KafkaException as error:
        raise as_error(error.args[0]) from None
    finally:
        asked.close()
    return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0}
