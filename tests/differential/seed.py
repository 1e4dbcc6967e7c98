"""The seed of this run: a new one each time, printed; TOCSIN_SEED repeats a run."""

from __future__ import annotations

import os
from secrets import randbelow

# In the environment, so that processes that share the tests have the same.
SEED = int(os.environ.setdefault("TOCSIN_SEED", str(randbelow(2**32))))


def pytest_report_header() -> str:
    """Tell the seed before anything fails."""
    return f"generated cases: TOCSIN_SEED={SEED}"
