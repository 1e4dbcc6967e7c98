"""Reading partitions to their end, with a client that has its messages at hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from confluent_kafka import OFFSET_END, KafkaError, TopicPartition

from tocsin.errors import EngineError
from tocsin_kafka import consumer
from tocsin_kafka.consumer import PartitionReader

EOF = KafkaError._PARTITION_EOF
AWAY = KafkaError._ALL_BROKERS_DOWN


class _Message:
    def __init__(self, partition: int, offset: int, value: bytes = b"", error: int = 0) -> None:
        self._place, self._value, self._error = (partition, offset), value, error

    def topic(self) -> str:
        return "t"

    def partition(self) -> int:
        return self._place[0]

    def offset(self) -> int:
        return self._place[1]

    def key(self) -> bytes | None:
        return None

    def value(self) -> bytes:
        return self._value

    def timestamp(self) -> tuple[int, int]:
        return 1, 1000 + self._place[1]

    def error(self) -> KafkaError | None:
        return KafkaError(self._error) if self._error else None


class _Client:
    """Gives these messages, then nothing."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.messages: list[_Message] = []
        self.offsets: list[int] = []
        self.assigned: list[tuple[int, int]] = []
        self.left: list[int] = []

    def assign(self, places: Iterable[TopicPartition]) -> None:
        self.assigned = [(each.partition, each.offset) for each in places]

    def incremental_unassign(self, places: Iterable[TopicPartition]) -> None:
        self.left += [each.partition for each in places]

    def offsets_for_times(
        self, asked: list[TopicPartition], timeout: float
    ) -> list[TopicPartition]:
        del timeout
        pairs = zip(asked, self.offsets, strict=True)
        return [TopicPartition(each.topic, each.partition, at) for each, at in pairs]

    def poll(self, seconds: float) -> _Message | None:
        del seconds
        return self.messages.pop(0) if self.messages else None


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[PartitionReader, _Client]:
    monkeypatch.setattr(consumer, "Consumer", _Client)
    reader = PartitionReader("broker:9092", "group")
    client: Any = reader._consumer
    return reader, client


def test_it_reads_each_partition_to_its_end(made: tuple[PartitionReader, _Client]) -> None:
    reader, client = made
    reader.assign({("t", 0): 5, ("t", 1): 0})
    assert client.assigned == [(0, 5), (1, 0)]
    client.messages = [
        _Message(0, 5, b"a"),
        _Message(1, 0, error=EOF),
        _Message(0, 0, error=AWAY),  # it passes
        _Message(0, 6, b"b"),
        _Message(0, 7, error=EOF),
        _Message(0, 7, b"later"),
    ]
    assert [(read.offset, read.value) for read in reader.to_end()] == [(5, b"a"), (6, b"b")]
    assert len(client.messages) == 1


def test_nothing_assigned_is_at_its_end(made: tuple[PartitionReader, _Client]) -> None:
    reader, _ = made
    reader.assign({})
    assert list(reader.to_end()) == []


def test_a_topic_that_never_ends_is_an_error(made: tuple[PartitionReader, _Client]) -> None:
    reader, _ = made
    reader.assign({("t", 0): 0})
    with pytest.raises(EngineError, match="the end of topic t was not reached within 0 s"):
        list(reader.to_end(seconds=0))


def test_an_error_that_does_not_pass_ends_it(made: tuple[PartitionReader, _Client]) -> None:
    reader, client = made
    reader.assign({("t", 0): 0})
    client.messages = [_Message(0, 0, error=KafkaError.TOPIC_AUTHORIZATION_FAILED)]
    with pytest.raises(EngineError, match=r"^Kafka: "):
        list(reader.to_end())


def test_it_begins_with_what_was_written_since(made: tuple[PartitionReader, _Client]) -> None:
    reader, client = made
    client.offsets = [7, OFFSET_END, -1]
    reader.assign_since([("t", number) for number in range(3)], 1_000)
    assert client.assigned == [(0, 7)]


def test_the_first_record_of_each_partition(made: tuple[PartitionReader, _Client]) -> None:
    reader, client = made
    reader.assign({("t", number): 0 for number in range(3)})
    client.messages = [
        _Message(1, 3, b"x"),
        _Message(0, 9, error=EOF),
        _Message(2, 0, b"y"),
        _Message(2, 1, b"not asked for"),
    ]
    assert [read.written for read in reader.first(60)] == [1003, 1000]
    assert client.left == [1, 0, 2]


def test_it_joins_no_group_and_commits_nothing(made: tuple[PartitionReader, _Client]) -> None:
    _, client = made
    settings = client.settings
    assert (settings["enable.auto.commit"], settings["isolation.level"]) == (
        False,
        "read_committed",
    )
