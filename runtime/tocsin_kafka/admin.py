"""The admin client: brokers, topics and consumer groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
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

T = TypeVar("T")


class Admin(AdminClient):
    """A client that does not create a topic by asking for it. It must outlive its futures."""

    def __init__(self, servers: str) -> None:
        super().__init__({**client(servers, SILENT), "allow.auto.create.topics": False})
        self._connected = False

    def connect(self) -> None:
        """Have a connection, before the first `list_offsets`. Raises KafkaException.

        While that still looks for the leaders on a connection that is not up yet, one question of
        ten waits for one or three seconds.
        """
        if not self._connected:
            self.list_topics(timeout=ANSWER_SECONDS)
            self._connected = True

    def topic(self, name: str, seconds: float) -> TopicMetadata:
        """What the brokers know of a topic. Raises KafkaException if no broker answers."""
        return self.list_topics(name, timeout=seconds).topics[name]


def has_broker(servers: str, seconds: float = 3) -> bool:
    """Whether somebody answers."""
    try:
        return bool(Admin(servers).list_topics(timeout=seconds).brokers)
    except KafkaException:
        return False


def broker_settings(servers: str) -> list[dict[str, str]]:
    """All settings of each broker. Raises EngineError if no broker answers."""
    asked = Admin(servers)
    try:
        brokers = asked.list_topics(timeout=ANSWER_SECONDS).brokers
    except KafkaException:
        raise no_broker(servers) from None
    # A client asks for one broker at a time: each answers for itself.
    return [config(asked, "broker", [str(broker)])[str(broker)] for broker in brokers]


def config(asked: Admin, kind: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """All settings of topics or brokers that exist, by name. Raises EngineError."""
    resources = [ConfigResource(kind, name) for name in names]
    if not resources:
        return {}
    told = f"Kafka, {kind} {', '.join(each.name for each in resources)}"

    def ask() -> dict[str, dict[str, str]]:
        futures = asked.describe_configs(resources, request_timeout=ANSWER_SECONDS)
        return {str(of.name): _values(future) for of, future in futures.items()}

    try:
        return patient(ask)
    except KafkaException as error:
        raise EngineError(f"{told}: {error.args[0].str()}") from None
    except TimeoutError:
        raise EngineError(f"{told}: no answer") from None


def _values(future: Future[Mapping[str, Any]]) -> dict[str, str]:
    answer = future.result(2 * ANSWER_SECONDS)
    return {key: entry.value or "" for key, entry in answer.items()}


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
