"""The topic itself: its name, its settings, the keys of its records."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tocsin.errors import ConfigError
from tocsin.model.names import TOPIC
from tocsin_kafka import topics

MOST_BYTES = 16 * 1024 * 1024
"""Size of a record."""

SETTINGS: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(MOST_BYTES),
    # Workers report every few seconds: only closed segments are compacted.
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.1",
}


_SECONDS = 10.0


def topic_name(project: str, environment: str) -> str:
    """The control topic of an environment. Raises ConfigError for what Kafka takes as no name."""
    name = f"tocsin.control.{project}.{environment}"
    if not TOPIC.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a topic of Kafka",
            hint="use only A-Z a-z 0-9 . _ - in the names of project and environment",
        )
    return name


def ensure(servers: str, name: str) -> None:
    """Make the topic, or set the one that is there back.

    Raises ConfigError for one that has several partitions.
    """
    if name not in topics.partitions(servers):
        topics.create(servers, [name], partitions=1, settings=SETTINGS)
        _await(servers, name)
    topics.restore(servers, [name], {"cleanup.policy": "compact"})
    if problem := altered(servers, name):
        raise ConfigError(
            f"control topic {name}: {problem}",
            hint="delete the topic, and apply again",
        )


def _await(servers: str, name: str) -> None:
    """Brokers tell of a topic a moment after it was made."""
    limit = time.monotonic() + _SECONDS
    while name not in topics.partitions(servers) and time.monotonic() < limit:
        time.sleep(0.05)


def altered(servers: str, name: str) -> str:
    """What is wrong with the topic, or nothing."""
    count = topics.partitions(servers).get(name)
    if count is None:
        return "it does not exist"
    if count != 1:
        return f"it has {count} partitions, not 1"
    policy = topics.settings_of(servers, [name])[name].get("cleanup.policy", "")
    if policy != "compact":
        return f"its cleanup.policy is {policy}, not compact: records are lost"
    return ""
