"""Settings that clients share: servers, isolation and logging."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from tocsin.secrets import scrub

LOG = logging.getLogger("tocsin.kafka")
"""What Kafka's clients say: not onto the terminal, unless someone wants it there."""
LOG.addHandler(logging.NullHandler())


def _scrubbed(record: logging.LogRecord) -> bool:
    record.msg, record.args = scrub(record.getMessage()), None
    return True


LOG.addFilter(_scrubbed)

ClientSettings = Mapping[str, Any]
"""Of a client, by librdkafka's names."""

TO_LOG: ClientSettings = {"logger": LOG}
ERRORS_TO_STDERR: ClientSettings = {"log_level": 3}
SILENT: ClientSettings = {"log_level": 0}

COMMITTED = "read_committed"
UNCOMMITTED = "read_uncommitted"
"""Isolation levels: with the second, records of open transactions are seen, too."""

Partition = tuple[str, int]
"""A topic and a partition of it."""
Offsets = Mapping[Partition, int]


def client(servers: str, settings: ClientSettings = TO_LOG) -> dict[str, Any]:
    """Settings of a client of these brokers."""
    return {"bootstrap.servers": servers, **settings}
