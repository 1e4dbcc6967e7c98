"""What is told of Kafka's errors."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from tocsin.errors import ConfigError, EngineError
from tocsin_kafka.errors import as_error

TAKEN = ConfigError("another has taken over")


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._FENCED,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
    ],
)
def test_whoever_was_fenced_is_told_so(code: int) -> None:
    assert as_error(KafkaError(code), TAKEN) is TAKEN


def test_the_words_of_a_fatal_error_count_as_well() -> None:
    error = KafkaError(KafkaError._FATAL, "Producer fenced by another")
    assert as_error(error, TAKEN) is TAKEN


def test_without_an_identity_it_is_an_error_of_the_broker() -> None:
    error = as_error(KafkaError(KafkaError.PRODUCER_FENCED))
    assert isinstance(error, EngineError)
    assert error.message.startswith("Kafka: ")
