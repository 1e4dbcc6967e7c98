"""One process after the other on one core, rounds interleaved: A B C, A B C, A B C."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import ROOT, Contender, UnavailableError, environment
from bench.rules import RuleFolder

MINUTES = 30
"""Longest time of one run."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a contender is to do. `part`, `data` and `rules` are columns of the results."""

    part: str
    data: str
    rules: RuleFolder
    contender: Contender
    events: Path
    limit: int
    matches: Path | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A contender that gave no figures, and why."""

    contender: str
    part: str
    reason: str


Row = dict[str, Any]


class Commands:
    """Prepares each contender once, and remembers who cannot run."""

    def __init__(self, core: int) -> None:
        pin = shutil.which("taskset")
        self._pin = [pin, "-c", str(core)] if pin else []
        self._made: dict[str, list[str] | UnavailableError] = {}

    def of(self, contender: Contender) -> list[str]:
        """Its command on one core. Raises UnavailableError."""
        if contender.name not in self._made:
            try:
                self._made[contender.name] = contender.program.prepared()
            except UnavailableError as reason:
                self._made[contender.name] = reason
        made = self._made[contender.name]
        if isinstance(made, UnavailableError):
            raise made
        return [*self._pin, *made]


def interleaved(runs: Sequence[Run], repeats: int) -> Iterator[tuple[int, Run]]:
    """Each round has every run once, so that a slow minute of the machine hits all alike."""
    for number in range(repeats):
        for run in runs:
            yield number, run


def figures(run: Run, commands: Commands) -> Row:
    """The figures of one run. Raises UnavailableError if there are none."""
    command = [*commands.of(run.contender), "--rules", str(run.rules.path)]
    command += ["--events", str(run.events), "--limit", str(run.limit)]
    if run.matches:
        command += ["--matches", str(run.matches)]
    done = _finished(command)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        said = [line for line in done.stderr.splitlines() if "Error" in line]
        raise UnavailableError((said or [f"ended with {done.returncode}"])[-1][:200])
    found: Row = json.loads(lines[-1])
    return found


def _finished(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60 * MINUTES,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise UnavailableError(f"not done after {MINUTES} minutes") from late
