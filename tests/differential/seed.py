"""The seed of this run: a new one each time, printed; TOCSIN_SEED repeats a run."""

from __future__ import annotations

import os
from secrets import randbelow

SEED = int(os.environ.get("TOCSIN_SEED") or randbelow(2**32))


def pytest_report_header() -> str:
    """Tell the seed before anything fails."""
    return f"generated cases: TOCSIN_SEED={SEED}"
