"""The broker of the tests: what is committed is read, and nothing else."""

import pytest
from confluent_kafka import Producer

from engines.kafka_io import consume, produce
from patience import SECONDS
from tocsin.errors import ConfigError
from tocsin_engines import EngineAddresses
from tocsin_kafka.topics import existing
from tocsin_runtime.control.reader import read


@pytest.mark.engine
def test_records_go_through_kafka(broker: EngineAddresses) -> None:
    sent = [f"é{number}" for number in range(1000)]
    produce(broker.addresses["kafka"], "plain", sent)
    assert consume(broker.addresses["kafka"], "plain") == sent


@pytest.mark.engine
def test_an_aborted_transaction_is_not_seen(broker: EngineAddresses) -> None:
    producer = Producer({"bootstrap.servers": broker.addresses["kafka"], "transactional.id": "t1"})
    producer.init_transactions(30)
    for value, commit in ((b"first", True), (b"lost", False), (b"second", True)):
        producer.begin_transaction()
        producer.produce("transactions", value)
        producer.flush(SECONDS)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    assert consume(broker.addresses["kafka"], "transactions") == ["first", "second"]


@pytest.mark.engine
def test_looking_for_a_topic_makes_none(servers: str) -> None:
    """Though this broker makes topics for whoever asks for them."""
    with pytest.raises(ConfigError, match=r"there is no topic tocsin\.control\.none\.prod"):
        read(servers, "tocsin.control.none.prod")
    assert "tocsin.control.none.prod" not in existing(servers)
