"""Free TCP ports on the loopback interface."""

import random
import socket
from collections.abc import Collection, Mapping

from tocsin.errors import EngineError

HOST = "127.0.0.1"
# Below the range from which systems take the local ports of outgoing connections (Linux: 32768
# and up), so that nothing takes a port between our look and the engine's bind.
_FIRST, _LAST = 20_000, 32_000
_TRIES = 200


def check(wanted: Mapping[str, int]) -> None:
    """Refuse wanted ports (by name) that no server could listen on now."""
    seen: dict[int, str] = {}
    for name, port in wanted.items():
        reason = f"{seen[port]} already uses it" if port in seen else _obstacle(port)
        if reason:
            raise EngineError(
                f"cannot listen on port {port} (for {name}): {reason}",
                hint="choose another port, or leave out --port to take a free one",
            )
        seen[port] = name


def choose(names: Collection[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """A port for each name: the wanted one or any free one."""
    chosen = {name: wanted[name] for name in names if name in wanted}
    for name in names:
        if name not in chosen:
            chosen[name] = _any_free({*chosen.values(), *wanted.values()})
    return chosen


def _obstacle(port: int) -> str:
    """Why a server could not bind the port; empty if it could."""
    if not 0 < port < 2**16:
        return "ports are 1 to 65535"
    with socket.socket() as probe:
        # As servers do: a port whose last connections are in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def answers(port: int) -> bool:
    """Does something accept connections on this port?"""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _any_free(taken: set[int]) -> int:
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - not a secret
        if port not in taken and not _obstacle(port):
            return port
    raise EngineError(f"found no free port between {_FIRST} and {_LAST}")
