"""The broker of the tests: what is committed is read, and nothing else."""

import pytest
from confluent_kafka import Producer

from engines.kafka_io import consume, produce
from patience import SECONDS
from tocsin_runtime.engines import Endpoints


@pytest.mark.engine
def test_records_go_through_kafka(broker: Endpoints) -> None:
    assert broker.kafka
    sent = [f"é{number}" for number in range(1000)]
    produce(broker.kafka, "plain", sent)
    assert consume(broker.kafka, "plain") == sent


@pytest.mark.engine
def test_an_aborted_transaction_is_not_seen(broker: Endpoints) -> None:
    assert broker.kafka
    producer = Producer({"bootstrap.servers": broker.kafka, "transactional.id": "t1"})
    producer.init_transactions(30)
    for value, commit in ((b"first", True), (b"lost", False), (b"second", True)):
        producer.begin_transaction()
        producer.produce("transactions", value)
        producer.flush(SECONDS)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    assert consume(broker.kafka, "transactions") == ["first", "second"]
