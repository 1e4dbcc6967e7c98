"""Runs other programs to their end, with a time limit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from tocsin.errors import EngineError


def run(
    command: Sequence[str], seconds: int, failure: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a program says, and its exit code; it is asked nothing. `env`: variables besides ours.

    Raises EngineError, which begins with `failure`, where it does not end in time.
    """
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env={**os.environ, **(env or {})},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{failure}: no end after {seconds} s") from error
