"""Building Tocsin, and calling it where it was installed from what was built."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from console_blocks import PERSON
from patience import SECONDS

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a PATH on which there is git and no Java."""

    bin: Path
    path: str

    def run(self, *words: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
        """What `WORDS` prints, which must end well."""
        known = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
        done = subprocess.run(
            [self.bin / words[0] if (self.bin / words[0]).is_file() else words[0], *words[1:]],
            cwd=cwd,
            env={**known, **PERSON, "PATH": self.path, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


def uv_build(*words: str | Path, env: Mapping[str, str] | None = None) -> str:
    """What `uv build` says; from the cache of uv where that has all it needs."""
    for offline in (["--offline"], []):
        done = subprocess.run(
            [UV, "build", *offline, *words],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    return done.stderr
