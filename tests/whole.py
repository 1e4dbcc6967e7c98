"""Shares of what takes long: another choice on each run. TOCSIN_WHOLE=1 runs all of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random
from typing import TypeVar

import pytest

from differential.seed import SEED

T = TypeVar("T")
WHOLE = "TOCSIN_WHOLE" in os.environ

only_whole = pytest.mark.skipif(not WHOLE, reason="takes minutes: TOCSIN_WHOLE=1 runs it")


def share(things: Sequence[T], count: int) -> tuple[T, ...]:
    """So many of them, in their order; all of them in a whole run."""
    if WHOLE:
        return tuple(things)
    chosen = Random(SEED).sample(range(len(things)), min(count, len(things)))
    return tuple(things[at] for at in sorted(chosen))
