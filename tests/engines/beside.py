"""Work that goes on beside a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeated(step: Callable[[], None], pause: float) -> Iterator[None]:
    """Do this again and again beside the block, with so many seconds before each."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause):
            step()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
