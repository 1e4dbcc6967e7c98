"""Start processes that outlive us, know them again later, and stop them."""

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tocsin.errors import EngineError
from tocsin_engines.state import Child

GRACE_SECONDS = 10.0
# Linux counts a process's start from boot; the wall clock may be corrected in between.
_CLOCK_SLACK_SECONDS = 2.0


def spawn(role: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
    """Start a process in a session of its own; stdin is empty, both outputs go to `log`."""
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=log.parent,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(f"cannot start {argv[0]}: {error.strerror or error}") from error
    created = psutil.Process(process.pid).create_time()
    # It is meant to outlive us; Popen would warn when it is collected.
    process.returncode = 0
    return Child(role=role, pid=process.pid, created=created, log=log)


def alive(child: Child) -> bool:
    """Is this very process (not another with its number) still running?"""
    return _process(child) is not None


def stop(children: Iterable[Child]) -> None:
    """End the processes and their descendants: ask first, force after `GRACE_SECONDS`."""
    found = [process for child in children if (process := _process(child))]
    family = [member for process in found for member in _family(process)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(family, timeout=GRACE_SECONDS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=GRACE_SECONDS)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, without Java's stack frames."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    told = [line for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
    return "\n".join(told[-lines:])


def _process(child: Child) -> psutil.Process | None:
    try:
        process = psutil.Process(child.pid)
        same = abs(process.create_time() - child.created) <= _CLOCK_SLACK_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
