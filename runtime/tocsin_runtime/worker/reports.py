"""A worker's reports in the control topic: on every change, and every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tocsin.release.keys import worker_key
from tocsin_kafka.producer import IdempotentWriter
from tocsin_kafka.settings import TO_LOG, ClientSettings

EVERY_SECONDS = 2.0
_DELIVERY_SECONDS = 10
_LEAVING_SECONDS = 5.0
_SETTINGS: ClientSettings = {
    **TO_LOG,
    "message.timeout.ms": _DELIVERY_SECONDS * 1000,
    "queue.buffering.max.messages": 100,
}
FIGURES = {"events", "trial_events", "dead_letters", "without_time", "muted", "left_out", "at"}
"""What may change without a reason to tell at once."""


class Reports:
    """Written outside of the transactions of results: nothing depends on a report."""

    def __init__(self, servers: str, topic: str, name: str) -> None:
        self._topic = topic
        self._key = worker_key(name)
        self._told: Mapping[str, Any] = {}
        self._next = 0.0
        self._writer = IdempotentWriter(servers, _SETTINGS)

    def tell(self, report: Callable[[], Mapping[str, Any]]) -> None:
        """Write a report if there is something new or it is time again."""
        now = report()
        plain = {key: value for key, value in now.items() if key not in FIGURES}
        if plain == self._told and time.monotonic() < self._next:
            return
        self._told, self._next = plain, time.monotonic() + EVERY_SECONDS
        self._write(orjson.dumps(now))

    def leave(self) -> None:
        """The worker shuts down cleanly: apply must not wait for it."""
        self._write(None)
        self._writer.flush(_LEAVING_SECONDS)

    def _write(self, value: bytes | None) -> None:
        if not self._writer.offer(self._topic, self._key, value, partition=0):
            self._next = 0.0  # the broker is away: told again when there is room
