"""The servers that a bounded run needs."""

from __future__ import annotations

from typing import NamedTuple

from tocsin.backend.base import Endpoints
from tocsin.errors import EngineError


class FlinkServers(NamedTuple):
    """Kafka's bootstrap servers, and the URLs of Flink's SQL Gateway and REST API."""

    kafka: str
    gateway: str
    rest: str


def servers_of(endpoints: Endpoints) -> FlinkServers:
    """The addresses of Kafka and Flink. Raises EngineError if one of them is not running."""
    try:
        found = (endpoints.addresses[name] for name in ("kafka", "flink_gateway", "flink_rest"))
        return FlinkServers(*found)
    except KeyError:
        raise EngineError(
            "Kafka and Flink are not both running", hint="tocsin engines up kafka flink"
        ) from None
