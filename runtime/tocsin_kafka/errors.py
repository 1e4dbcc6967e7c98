"""Kafka errors: which are temporary, and messages for the others."""

from __future__ import annotations

from confluent_kafka import KafkaError

from tocsin.errors import ConfigError, EngineError

_TAKEN = {
    KafkaError._FENCED,  # noqa: SLF001 - librdkafka's name for it
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
}
"""Another client of the same identity was opened."""

PASSING = {
    KafkaError._TRANSPORT,  # noqa: SLF001 - librdkafka's names for its own errors
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._RESOLVE,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
}
"""Errors after which librdkafka goes on by itself."""

MOVED = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    # A member of the same name would have fenced the producer first, and that is fatal.
    KafkaError.FENCED_INSTANCE_ID,
}
"""The group went on without this member: what it has at hand is someone else's now."""


class MissingTopicError(EngineError):
    """The topic does not exist."""

    code = "missing-topic"


def at_end(error: KafkaError) -> bool:
    """Whether it only tells that a partition ends here."""
    return bool(error.code() == KafkaError._PARTITION_EOF)  # noqa: SLF001 - its only name


def as_error(error: KafkaError, taken: ConfigError | None = None) -> EngineError | ConfigError:
    """What to raise for it; `taken` where another client of the same identity has taken over."""
    if taken and is_taken(error):
        return taken
    return EngineError(f"Kafka: {error.str()}", hint="is the broker up? see `tocsin engines`")


def is_taken(error: KafkaError) -> bool:
    """Whether another client of the same identity was opened."""
    # Of a fatal error librdkafka tells the cause in words only.
    return error.code() in _TAKEN or "fenced" in error.str().lower()


def no_broker(servers: str) -> EngineError:
    """What to raise if no broker answers."""
    return EngineError(
        f"no Kafka broker answers at {servers}", hint="`tocsin engines up kafka` starts one here"
    )
