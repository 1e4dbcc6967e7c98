"""How long tests wait for what must come: one bound, so long that only what hangs reaches it.

No test may fail because a machine is slow: speed is measured in `bench`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 900
"""For one child process, one answer, one change. pytest's own bound on a test is longer."""


def until(holds: Callable[[], bool], what: str = "it", pause: float = 0.2) -> float:
    """Wait until that holds; after how many seconds it did."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < SECONDS, f"waited {SECONDS} s for {what}"
        time.sleep(pause)
    return time.monotonic() - started
