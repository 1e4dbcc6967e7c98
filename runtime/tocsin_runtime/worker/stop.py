"""Clean shutdown: on a signal, the current batch is finished."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Records the first signal; a second one ends at once, whatever is open."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """130 after an interrupt, as shells expect; ending on request is no failure."""
        return 130 if self.signal == signal.SIGINT else 0

    def note(self, number: int, _: FrameType | None = None) -> None:
        """Record a signal."""
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number


@contextmanager
def graceful() -> Iterator[Stop]:
    """SIGTERM and SIGINT set the flag while the block runs."""
    stop = Stop()
    before = {n: signal.signal(n, stop.note) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
