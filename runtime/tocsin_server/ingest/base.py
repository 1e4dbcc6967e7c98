"""What alerts are read from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tocsin_server.alerts.store import StreamPiece


class AlertStream(Protocol):
    """Pieces of a stream, each after what the database has of it."""

    def read(self, seconds: float) -> Iterable[StreamPiece]:
        """What there is, at most one piece of a partition; nothing if none comes in time."""

    def behind(self) -> int:
        """How many records (of a file: bytes) are there and not read."""

    def close(self) -> None:
        """Let go."""
