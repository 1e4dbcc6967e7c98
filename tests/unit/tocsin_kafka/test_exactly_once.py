"""Clients on librdkafka's mock cluster: brokers in this process, which know no isolation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import ClusterMetadata

from tocsin.errors import ConfigError
from tocsin_kafka import offsets, topics
from tocsin_kafka.admin import Admin, has_broker
from tocsin_kafka.consumer import BEGINNING, PartitionReader
from tocsin_kafka.errors import MissingTopicError
from tocsin_kafka.exactly_once import ExactlyOnce
from tocsin_kafka.member import KafkaSettings
from tocsin_kafka.producer import IdempotentWriter, TransactionalWriter, send_all
from tocsin_kafka.settings import SILENT, Partition

TAKEN = ConfigError("another has taken over")


@pytest.fixture(scope="module")
def servers() -> Iterator[str]:
    """A mock cluster with the topics `events`, `results` and `control`."""
    cluster = Producer({"test.mock.num.brokers": 1, **SILENT})
    [broker] = cluster.list_topics(timeout=10).brokers.values()
    for topic in ("events", "results", "control"):
        cluster.list_topics(topic, timeout=10)
    yield f"{broker.host}:{broker.port}"
    cluster.flush(0)


def places(servers: str, topic: str) -> list[Partition]:
    return [(topic, number) for number in range(topics.partitions(servers)[topic])]


def values(servers: str, topic: str) -> list[bytes]:
    """All values of a topic, sorted."""
    with closing(PartitionReader(servers, topic)) as reader:
        reader.assign(dict.fromkeys(places(servers, topic), BEGINNING))
        return sorted(read.value or b"" for read in reader.to_end())


def test_what_is_read_is_written_with_its_results(servers: str) -> None:
    send_all(servers, "events", [b"a", b"b"])
    writer = IdempotentWriter(servers)
    writer.send("events", b"c", partition=0)
    assert writer.offer("events", "key", b"d")
    assert writer.flush()
    settings = KafkaSettings(servers, "group", ("events",), "w", until_end=True)
    member = ExactlyOnce(settings, lambda *place_and_value: place_and_value[-1], TAKEN)
    read: list[object] = []
    while (batch := member.poll()) is not None:
        read += batch
        assert not batch or member.commit_with([("results", "key", b"seen")] * len(batch))
    assert member.assigned == frozenset(places(servers, "events"))
    assert set(member.lags().values()) == {0}
    member.close()
    assert sorted(map(str, read)) == [str(value) for value in values(servers, "events")]
    assert values(servers, "results") == [b"seen"] * 4


def test_a_transaction_tells_where_its_last_record_is(servers: str) -> None:
    writer = TransactionalWriter(servers, "identity", TAKEN)
    assert writer.write("control", [("a", b"1"), ("b", None)]) == 1
    asked = Admin(servers)
    assert (offsets.end_now(asked, "control") or 0) > 1
    assert offsets.starts(asked, [("control", 0)]) == {("control", 0): 0}


def test_a_topic_that_is_missing_is_told_apart_from_no_answer(servers: str) -> None:
    with pytest.raises(MissingTopicError, match="there is no topic nowhere"):
        offsets.end_now(Admin(servers), "nowhere")


def test_a_group_that_never_read_is_nowhere(servers: str) -> None:
    asked = places(servers, "events")
    assert offsets.settled_offsets(servers, "strangers", asked) == {}
    assert offsets.group_offsets(Admin(servers), "strangers", asked) == dict.fromkeys(asked, -1)


def test_whether_somebody_answers(servers: str) -> None:
    assert has_broker(servers)
    assert not has_broker("127.0.0.1:9", 0.2)


def test_offsets_are_asked_for_after_one_look_at_all_topics(
    servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    look = Admin.list_topics

    def counted(client: Admin, *names: str, timeout: float) -> ClusterMetadata:
        looks.append(names)
        return look(client, *names, timeout=timeout)

    monkeypatch.setattr(Admin, "list_topics", counted)
    client, asked = Admin(servers), places(servers, "events")
    looks.clear()
    first = offsets.ends(client, asked)
    assert [offsets.ends(client, asked) for _ in range(5)] == [first] * 5
    assert looks == [()]
