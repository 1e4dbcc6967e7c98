"""One bad input: how it is set up, what is typed, what must come of it; and running it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from patience import SECONDS
from tocsin.app.templates import project_files

ENVIRONMENTS = """
[environments.staging]
kind = "local"
path = ".tocsin/staging"
backend = "batch-sql"

[environments.stream]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:BOOTSTRAP"

[environments.cluster]
kind = "flink"
backend = "flink-sql"
gateway = "http://127.0.0.1:9"
rest = "http://127.0.0.1:9"
"""

Start = Literal["nothing", "project", "deployed"]
Around = Callable[[Path], AbstractContextManager[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended. `kept`: releases and what is deployed are as they were."""

    code: int
    stdout: str
    stderr: str
    kept: bool = True

    @property
    def said(self) -> str:
        """Everything that a user sees."""
        return self.stderr + self.stdout


@dataclass(frozen=True, slots=True)
class Bad:
    """A line of the table.

    `start`: an empty folder, a project in a git repository, or one that is deployed (release 1).
    `files` are put there, then `around` is entered; what it gives are environment variables of
    the command. `says`: what must stand in the output. `act` runs something else than the command.
    `changes`: it is meant to change what is deployed.
    """

    what: str
    command: str
    code: int
    says: tuple[str, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    start: Start = "nothing"
    around: Around = lambda _: nullcontext({})
    act: Callable[[Path, Mapping[str, str]], Ended] | None = None
    changes: bool = False


Act = Callable[[Bad, Path, Mapping[str, str]], Ended]


def as_typed(bad: Bad, folder: Path, env: Mapping[str, str]) -> Ended:
    """Run the command as a user does."""
    return bad.act(folder, env) if bad.act else shell(bad.command, folder, env)


def run(bad: Bad, folder: Path, act: Act = as_typed) -> Ended:
    """Set it up in an empty folder and run it there."""
    if bad.start != "nothing":
        shutil.copytree(_template(bad.start), folder, dirs_exist_ok=True)
    write(folder, bad.files)
    with bad.around(folder) as more:
        before = _deployed(folder)
        ended = act(bad, folder, {**environment(), **more})
        return replace(ended, kept=_deployed(folder) == before)


def _deployed(folder: Path) -> dict[str, bytes]:
    """Releases, artifacts in place, and the table that says which ones run; not the events."""
    files = [file for file in (folder / ".tocsin").rglob("*") if file.is_file()]
    placed = {str(file): file.read_bytes() for file in files if file.name != "apply.lock"}
    branches = (folder / ".git" / "refs" / "heads" / "tocsin").glob("*")
    last = {branch.name: _last_release(folder, branch.name) for branch in branches}
    return {**placed, **{name: release for name, release in last.items() if release}}


def _last_release(folder: Path, environment: str) -> bytes:
    """The newest record of a ledger, empty where there is none."""
    name = f"tocsin/{environment}:release.json"
    shown = subprocess.run(["git", "show", name], cwd=folder, capture_output=True, check=False)
    return shown.stdout


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Put files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def shell(command: str, folder: Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run a line of shell, in which `tocsin` is this project's."""
    line = f'set -o pipefail; tocsin() {{ "{sys.executable}" -m tocsin.cli.main "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=dict(env or environment()),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="backslashreplace",
        timeout=SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def environment() -> dict[str, str]:
    """The environment of a user who has set nothing up."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TOCSIN_", "GIT_"))}
    return {
        **kept,
        "COLUMNS": "200",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A Person",
        "GIT_AUTHOR_EMAIL": "a.person@example.org",
        "GIT_COMMITTER_NAME": "A Person",
        "GIT_COMMITTER_EMAIL": "a.person@example.org",
    }


@cache
def _template(start: Start) -> Path:
    """A prepared folder, made once in a process; removed at its end."""
    holder = tempfile.TemporaryDirectory(prefix="tocsin-bad-")
    atexit.register(holder.cleanup)
    folder = Path(holder.name)
    if start == "deployed":
        shutil.copytree(_template("project"), folder, dirs_exist_ok=True)
        done = shell(
            "tocsin plan --env local --out first.json && tocsin apply --env local --plan first.json"
            " && tocsin plan --env staging --out staging.json",
            folder,
        )
    else:
        texts = project_files(name="payments", id=RULE_ID, date="2026-01-01")
        texts["tocsin.toml"] += ENVIRONMENTS
        write(folder, texts)
        done = shell(
            "git init -q -b main && tocsin lock && git add . && git commit -qm first", folder
        )
    assert done.code == 0, done.said
    return folder


RULE_ID = "0c7b3c52-6a39-4b04-9d1f-6f5c0d2f7a11"
