"""The broker of the tests: what is committed is read, and nothing else."""

import pytest
from confluent_kafka import Producer

from engines.kafka_io import consume, produce
from tocsin_runtime.engines import Endpoints


@pytest.mark.engine
def test_records_go_through_kafka(endpoints: Endpoints) -> None:
    assert endpoints.kafka
    sent = [f"é{number}" for number in range(1000)]
    produce(endpoints.kafka, "plain", sent)
    assert consume(endpoints.kafka, "plain") == sent


@pytest.mark.engine
def test_an_aborted_transaction_is_not_seen(endpoints: Endpoints) -> None:
    assert endpoints.kafka
    producer = Producer({"bootstrap.servers": endpoints.kafka, "transactional.id": "t1"})
    producer.init_transactions(30)
    for value, commit in ((b"first", True), (b"lost", False), (b"second", True)):
        producer.begin_transaction()
        producer.produce("transactions", value)
        producer.flush(30)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    assert consume(endpoints.kafka, "transactions") == ["first", "second"]
