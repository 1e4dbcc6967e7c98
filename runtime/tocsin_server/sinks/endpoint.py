"""The place that a sink's address names."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import SinkSetup


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Scheme, host, port, and for HTTP what follows them."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_here(self) -> bool:
        """Whether it is a loopback address, written as such: then nothing leaves the machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def authority(self) -> str:
        """Host and port as HTTP names them."""
        return _authority(self.host, self.port)

    def at(self, address: str) -> str:
        """The URL with an address in place of the host's name."""
        return f"{self.scheme}://{_authority(address, self.port)}{self.target}"


def endpoint(setup: SinkSetup, ports: Mapping[str, int]) -> Endpoint:
    """Where a sink is. `ports`: of each scheme that its kind knows.

    Raises ConfigError, which repeats nothing of an address that is a secret.
    """
    try:
        parts = urlsplit(setup.url.reveal())
        port = ports[parts.scheme] if parts.port is None else parts.port
    except (KeyError, ValueError):
        raise _wrong(setup, f"its address must begin with {_schemes(ports)}") from None
    if not parts.hostname or parts.username is not None or parts.fragment or not port:
        raise _wrong(setup, "its address must have a host, and neither a user nor a fragment")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or not target.isprintable() or " " in target:
        raise _wrong(setup, "its address has characters that must be percent-encoded")
    setup.egress.require(parts.hostname, port)
    return Endpoint(parts.scheme, parts.hostname, port, target)


def _wrong(setup: SinkSetup, message: str) -> ConfigError:
    return ConfigError(f"sink {setup.name}: {message}")


def _schemes(ports: Mapping[str, int]) -> str:
    return " or ".join(f"{scheme}://" for scheme in ports)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
