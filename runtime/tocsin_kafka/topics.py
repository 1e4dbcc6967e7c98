"""Topics of a broker: list, create, delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewTopic

from tocsin.errors import EngineError
from tocsin_kafka.admin import ANSWER_SECONDS, Admin, config
from tocsin_kafka.errors import no_broker


def existing(servers: str, seconds: float = 5) -> frozenset[str]:
    """Names of all topics. Raises EngineError if no broker answers."""
    return frozenset(partitions(servers, seconds))


def partitions(servers: str, seconds: float = 5) -> dict[str, int]:
    """How many partitions each topic has. Raises EngineError if no broker answers."""
    try:
        found = Admin(servers).list_topics(timeout=seconds).topics
    except KafkaException:
        raise no_broker(servers) from None
    return {name: len(topic.partitions) for name, topic in found.items()}


def settings_of(servers: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """All settings of topics that exist."""
    return config(Admin(servers), "topic", names)


def create(
    servers: str,
    names: Iterable[str],
    partitions: int = -1,
    settings: Mapping[str, str] | None = None,
) -> None:
    """Create topics; existing ones do not change. -1 partitions: the broker's default."""
    wanted = [
        NewTopic(
            name, num_partitions=partitions, replication_factor=-1, config=dict(settings or {})
        )
        for name in names
    ]
    if wanted:
        client = Admin(servers)  # must outlive the futures
        _wait(
            client.create_topics(wanted, operation_timeout=ANSWER_SECONDS),
            KafkaError.TOPIC_ALREADY_EXISTS,
        )


def restore(servers: str, names: Iterable[str], wanted: Mapping[str, str]) -> None:
    """Reset these settings of existing topics; other settings do not change."""
    client = Admin(servers)  # must outlive the futures
    for name, settings in settings_of(servers, names).items():
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in wanted.items()
            if settings.get(key) != value
        ]
        if entries:
            resource = ConfigResource("topic", name, incremental_configs=entries)
            _wait(_named(client.incremental_alter_configs([resource])))


def _named(futures: Mapping[ConfigResource, Future[None]]) -> dict[str, Future[None]]:
    return {str(resource.name): future for resource, future in futures.items()}


def delete(servers: str, names: Iterable[str]) -> None:
    """Delete topics; those that do not exist are ignored."""
    wanted = list(names)
    if wanted:
        client = Admin(servers)  # must outlive the futures
        _wait(
            client.delete_topics(wanted, operation_timeout=ANSWER_SECONDS),
            KafkaError.UNKNOWN_TOPIC_OR_PART,
        )


@contextmanager
def temporary(servers: str, names: Sequence[str]) -> Iterator[None]:
    """Topics with one partition each, deleted at the end."""
    create(servers, names, partitions=1)
    try:
        yield
    finally:
        delete(servers, names)


def _wait(futures: Mapping[str, Future[None]], harmless: int | None = None) -> None:
    for name, future in futures.items():
        try:
            future.result(ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != harmless:
                raise EngineError(f"Kafka, topic {name}: {error.args[0].str()}") from None
