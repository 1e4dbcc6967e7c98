"""Where the server may connect to: nowhere but where the settings allow it.

A host is allowed by its name, and the addresses that it has must be public, or be allowed
themselves: a name under someone else's control must not lead inside. The connection goes to the
very address that was looked at.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from tocsin.errors import ConfigError

Address = IPv4Address | IPv6Address
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*")
_HIDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that stand for any of IPv4 (NAT64)."""
_LAST_PORT = 65535


class EgressError(Exception):
    """The server may not connect there, or there is no such place."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A host's name, or a network; at one port, or at any."""

    name: str
    network: IPv4Network | IPv6Network | None
    port: int | None

    @classmethod
    def read(cls, text: str) -> Allowed:
        """Of HOST, ADDRESS or NETWORK, with `:PORT` or without. Raises ValueError."""
        host, port = _split(text)
        try:
            return cls("", ipaddress.ip_network(host), port)
        except ValueError:
            if not _NAME.fullmatch(host.lower()) or "/" in host:
                raise ValueError(f"{text!r} is not a host, address or network") from None
            return cls(host.lower(), None, port)

    def has(self, address: Address, port: int) -> bool:
        """Whether it allows this address."""
        return self.network is not None and self.port in (None, port) and address in self.network

    def names(self, host: str, port: int) -> bool:
        """Whether it allows this host by its name."""
        return bool(self.name) and self.name == host and self.port in (None, port)


def resolved(host: str, port: int) -> list[str]:
    """The addresses that a host has. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Egress:
    """The list of what is allowed."""

    def __init__(
        self,
        entries: Iterable[str],
        resolve: Callable[[str, int], Sequence[str]] = resolved,
    ) -> None:
        self._allowed = [Allowed.read(each) for each in entries]
        self._resolve = resolve

    def require(self, host: str, port: int) -> None:
        """Raises ConfigError if the list does not allow this host."""
        if not self._permits(host, port):
            raise ConfigError(
                f"the server may not connect to {host}:{port}",
                hint=f'allow it: egress = ["{host}:{port}"]',
            )

    def address(self, host: str, port: int) -> str:
        """The address to connect to. Raises EgressError; it may wait for the name's servers."""
        if not self._permits(host, port):
            raise EgressError(f"{host}:{port} is not in the list of egress")
        try:
            found = [_address(each) for each in self._resolve(host, port)]
        except (OSError, UnicodeError) as error:
            raise EgressError(f"{host} has no address: {error}") from None
        for each in found:
            if not _is_public(each) and not any(a.has(each, port) for a in self._allowed):
                raise EgressError(f"{host} has the address {each}, which is not public")
        if not found:
            raise EgressError(f"{host} has no address")
        return str(found[0])

    def _permits(self, host: str, port: int) -> bool:
        try:
            literal = _address(host)
        except ValueError:
            return any(each.names(host.lower().rstrip("."), port) for each in self._allowed)
        return any(each.has(literal, port) for each in self._allowed)


def _split(text: str) -> tuple[str, int | None]:
    """Host and port; of IPv6 with a port the host is in brackets."""
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})", text)
    if not found:
        return text.strip("[]"), None
    if not 0 < int(found[3]) <= _LAST_PORT:
        raise ValueError(f"{text!r}: ports are 1 to {_LAST_PORT}")
    return found[1] or found[2], int(found[3])


def _address(text: str) -> Address:
    """The address, the one inside of it where it is one of IPv4 written as IPv6."""
    found = ipaddress.ip_address(text.partition("%")[0])
    inner = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return inner or found


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return True
    hides = any(address in network for network in _HIDING)
    return not hides and address.sixtofour is None and address.teredo is None
