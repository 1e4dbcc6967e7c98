"""Syslog (RFC 5424) over UDP, TCP (RFC 6587, counted) or TLS (RFC 5425)."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import Message, SinkSetup, UndeliveredError
from tocsin_server.sinks.egress import EgressError
from tocsin_server.sinks.endpoint import endpoint
from tocsin_server.sinks.options import read_options
from tocsin_server.sinks.templates import Template, plain
from tocsin_server.web.values import iso

_SECONDS = 10.0
_TEXT = (
    "{{ finding.severity }}: {{ finding.title }}"
    "{% if finding.by %} ({{ finding.by }}){% endif %}, alerts: {{ finding.count }}"
    "{% if url %} {{ url }}{% endif %}"
)
_LEVELS = {"fatal": 1, "critical": 2, "high": 3, "medium": 4, "low": 5, "informational": 6}
_NOTICE = 5
_ELEMENT = "tocsin@32473"
"""The number is the one that is free for examples: Tocsin has none of its own."""
_PARAMETERS = ("detection", "environment", "severity", "count", "first", "last")
_LONGEST_VALUE = 300
_BOM = "\ufeff"


class _Options(BaseModel):
    """`facility`: 4 is security, 16 to 23 are free for local use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facility: Annotated[int, Field(ge=0, le=23)] = 4


class Syslog:
    """One line for each message. UDP tells nobody whether it arrived, and TCP not for sure."""

    def __init__(self, setup: SinkSetup) -> None:
        if setup.secret:
            raise ConfigError(f"sink {setup.name}: syslog takes no `secret`")
        self._facility = read_options(setup, _Options).facility
        self._template = Template(setup, _TEXT, str)
        self._place = endpoint(setup, {"udp": 514, "tcp": 514, "tls": 6514})
        self._egress, self._trusted = setup.egress, ssl.create_default_context()

    def send(self, message: Message) -> None:
        """Deliver it. Raises UndeliveredError."""
        line = self._line(message).encode()
        try:
            address = self._egress.address(self._place.host, self._place.port)
            if self._place.scheme == "udp":
                self._datagram(address, line)
            else:
                self._stream(address, b"%d %s" % (len(line), line))
        except (EgressError, OSError) as error:
            raise UndeliveredError(str(error) or type(error).__name__) from None

    def _datagram(self, address: str, line: bytes) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sending:
            sending.sendto(line, (address, self._place.port))

    def _stream(self, address: str, frame: bytes) -> None:
        with socket.create_connection((address, self._place.port), _SECONDS) as bare:
            if self._place.scheme == "tcp":
                bare.sendall(frame)
                return
            with self._trusted.wrap_socket(bare, server_hostname=self._place.host) as secured:
                secured.sendall(frame)

    def _line(self, message: Message) -> str:
        level = _LEVELS.get(str(message.finding["severity"]), _NOTICE)
        head = f"<{self._facility * 8 + level}>1 {iso(message.time)} {_host()} tocsin - "
        told = {"id": message.id, "finding": message.finding["id"]}
        told |= {name: message.finding[name] for name in _PARAMETERS}
        pairs = " ".join(f'{name}="{_parameter(str(value))}"' for name, value in told.items())
        text = plain(self._template.text(message))
        return f"{head}{message.type} [{_ELEMENT} {pairs}] {_BOM}{text}"


def _parameter(text: str) -> str:
    return re.sub(r'(["\\\]])', r"\\\1", plain(text)[:_LONGEST_VALUE])


def _host() -> str:
    return re.sub(r"[^!-~]", "", socket.gethostname())[:255] or "-"
