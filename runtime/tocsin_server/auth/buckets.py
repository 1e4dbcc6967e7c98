"""How often something may be done: a bucket of so many, which fills again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

MOST_KEYS = 20_000


class Buckets:
    """A bucket for each key; of too many keys those unused for longest are forgotten."""

    def __init__(
        self, size: float, a_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size, self._rate, self._clock = size, a_second, clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: Hashable) -> float:
        """Take one of the key's bucket: 0, or the seconds until there is one."""
        with self._lock:
            left = self._now(key)
            taken = left >= 1
            self._keep(key, left - 1 if taken else left)
            return 0.0 if taken else (1 - left) / self._rate

    def wait(self, key: Hashable) -> float:
        """The seconds until there is one; nothing is taken."""
        with self._lock:
            return max(0.0, (1 - self._now(key)) / self._rate)

    def _now(self, key: Hashable) -> float:
        left, since = self._left.get(key, (self._size, self._clock()))
        return min(self._size, left + (self._clock() - since) * self._rate)

    def _keep(self, key: Hashable, left: float) -> None:
        self._left[key] = (left, self._clock())
        self._left.move_to_end(key)
        while len(self._left) > MOST_KEYS:
            self._left.popitem(last=False)
