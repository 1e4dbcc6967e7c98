"""The client for questions and orders: brokers, and groups of consumers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import TopicMetadata

from tocsin.errors import EngineError
from tocsin_kafka.errors import no_broker
from tocsin_kafka.settings import SILENT, client

ANSWER_SECONDS = 30
_READY_SECONDS = 10.0

Admin = AdminClient
T = TypeVar("T")


def admin(servers: str) -> Admin:
    """A client that makes no topic by asking for one. It must outlive the futures it gives."""
    return AdminClient({**client(servers, SILENT), "allow.auto.create.topics": False})


def known(asked: Admin, topic: str | None, seconds: float) -> dict[str, TopicMetadata]:
    """What the brokers know of a topic, or of all. Raises KafkaException if nobody answers.

    To be called before `list_offsets` of a client: while that still looks for the leaders on a
    connection that is not up yet, one question of ten waits for one or three seconds.
    """
    one = {"topic": topic} if topic else {}
    return asked.list_topics(**one, timeout=seconds).topics


def has_broker(servers: str, seconds: float = 3) -> bool:
    """Whether somebody answers."""
    try:
        return bool(admin(servers).list_topics(timeout=seconds).brokers)
    except KafkaException:
        return False


def broker_settings(servers: str) -> list[dict[str, str]]:
    """All settings of each broker. Raises EngineError if nobody answers."""
    asked = admin(servers)
    try:
        brokers = asked.list_topics(timeout=ANSWER_SECONDS).brokers
    except KafkaException:
        raise no_broker(servers) from None
    return [config(asked, "broker", str(broker)) for broker in brokers]


def config(asked: Admin, kind: str, name: str) -> dict[str, str]:
    """All settings of a topic or broker that exists. Raises EngineError."""

    def ask() -> Mapping[str, Any]:
        resources = [ConfigResource(kind, name)]
        futures = asked.describe_configs(resources, request_timeout=ANSWER_SECONDS)
        [future] = futures.values()
        return dict(future.result(2 * ANSWER_SECONDS))

    try:
        return {key: entry.value or "" for key, entry in patient(ask).items()}
    except KafkaException as error:
        raise EngineError(f"Kafka, {kind} {name}: {error.args[0].str()}") from None
    except TimeoutError:
        raise EngineError(f"Kafka, {kind} {name}: no answer") from None


def members(asked: Admin, group: str) -> list[str]:
    """Names of the members of a consumer group, sorted. Raises EngineError."""
    try:
        futures = asked.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)
        found = futures[group].result(2 * ANSWER_SECONDS).members
    except KafkaException as error:
        raise EngineError(f"Kafka, group {group}: {error.args[0].str()}") from None
    return sorted({each.group_instance_id or each.client_id for each in found})


def patient(ask: Callable[[], T]) -> T:
    """The answer; a broker that has just started, or a new topic, has no leader for a moment."""
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
