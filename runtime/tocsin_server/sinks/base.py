"""What a sink is: the seam for kinds of sinks, ours and those of other packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tocsin.secrets import Secret, scrub
from tocsin_server.sinks.egress import Egress
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.sinks.state import MessageType

GROUP = "tocsin.sinks"
"""The group of entry points whose names are the kinds of sinks."""


class UndeliveredError(Exception):
    """A message did not arrive. `wait`: seconds for which the receiver wants to hear nothing.

    `final`: it will not arrive later either.
    """

    def __init__(self, reason: str, *, wait: float = 0, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.wait, self.final = scrub(reason), wait, final


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. The same `id` comes again if it is not sure that it arrived.

    `finding`: as `GET /findings/{id}` shows it. `time`: when it happened, in ms since 1970 UTC.
    """

    id: str
    type: MessageType
    time: int
    finding: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SinkSetup:
    """What a sink is made of. `url` and `secret` are resolved; `secret` may be empty."""

    name: str
    settings: SinkSettings
    url: Secret
    secret: str
    egress: Egress
    console: str
    """Where people see findings, without a slash at the end; empty where nobody has said."""


class Channel(Protocol):
    """A sink that is ready."""

    def send(self, message: Message) -> None:
        """Deliver it. Raises UndeliveredError."""


class SinkKind(Protocol):
    """What an entry point of the group is: it makes channels."""

    def __call__(self, setup: SinkSetup) -> Channel:
        """A channel. Raises ConfigError for settings that are wrong; nothing is sent yet."""
