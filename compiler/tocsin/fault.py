"""Named points at which tests kill an apply, to prove that the next one resumes."""

from __future__ import annotations

import os
from collections import Counter

VARIABLE = "TOCSIN_FAULT"
POINTS = (
    "file-written",
    "journal-written",
    "artifact-placed",
    "all-placed",
    "activated",
    "cleared",
    "released",
    "journal-closed",
)
_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Die here, as by `kill -9`, if TOCSIN_FAULT is `<name>` or `<name>:<n>` for the nth time."""
    wanted, _, times = os.environ.get(VARIABLE, "").partition(":")
    if wanted == name:
        _passed[name] += 1
        if _passed[name] == int(times or 1):
            os._exit(137)
