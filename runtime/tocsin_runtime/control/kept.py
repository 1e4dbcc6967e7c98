"""What is kept of a control topic: of each key the last record, within bounds."""

from __future__ import annotations

from tocsin.release.keys import ARTIFACT, RELEASE, WORKER
from tocsin_runtime.control.topic import MOST_BYTES

MOST_KEPT = 512 * 1024 * 1024
"""Bytes of all records; beyond, those that were written first are forgotten."""
_MOST_KEY = 512
_EACH = 256
"""Bytes that a record takes besides what it holds."""


class Kept:
    """`records` by key. What has no key of ours is no record.

    One that is larger than ours may be is kept as empty, which is damage to whoever reads it.
    """

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self._size = 0

    def take(self, key: bytes, value: bytes | None) -> bool:
        """Keep a record, None deletes it; whether that changes anything."""
        name = key[: _MOST_KEY + 1].decode("utf-8", "replace")
        if len(key) > _MOST_KEY or not (name == RELEASE or name.startswith((ARTIFACT, WORKER))):
            return False
        before = self._forget(name)
        if value is not None:
            self.records[name] = value if len(value) <= MOST_BYTES else b""
            self._size += self._cost(name)
        while self._size > MOST_KEPT:
            self._forget(next(each for each in self.records if each != RELEASE))
        return self.records.get(name) != before

    def clear(self) -> None:
        """Nothing is kept."""
        self.records.clear()
        self._size = 0

    def _forget(self, name: str) -> bytes | None:
        if name in self.records:
            self._size -= self._cost(name)
        return self.records.pop(name, None)

    def _cost(self, name: str) -> int:
        return len(name) + len(self.records[name]) + _EACH
