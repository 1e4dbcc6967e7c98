"""Runs commands on hostile projects, each in a process of its own with a limit on its resources.

`python -m faults.fuzz attacks [NAME …]` from `tests/` prints what breaks a bound.
"""

from __future__ import annotations

import io
import os
import resource
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from authoring import SOURCE
from tocsin.cli.main import COMMANDS, main_group
from tocsin.errors import TocsinError

CPU_SECONDS = 10
MEMORY = 1 << 30
"""Bytes of one run, the interpreter and all libraries included."""
FINE = (0, 1, 2)
_LAST = 4000


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended on an input. `seconds` of CPU; `memory`: its peak, in bytes."""

    name: str
    command: str
    code: int
    seconds: float
    memory: int
    said: str

    @property
    def broken(self) -> bool:
        """Whether it crashed or needed too much."""
        heavy = self.seconds > CPU_SECONDS or self.memory > MEMORY
        return heavy or self.code not in FINE or "Traceback" in self.said

    def __str__(self) -> str:
        state = "BROKEN" if self.broken else "fine"
        size = self.memory >> 20
        return (
            f"{state} {self.code:3} {self.seconds:6.2f} s {size:5} MiB  {self.command}: {self.name}"
        )


def run(name: str, files: Mapping[str, bytes], commands: Iterable[Sequence[str]]) -> Iterator[Run]:
    """Each command in a project with these files, where nothing else is set up."""
    with tempfile.TemporaryDirectory(prefix="tocsin-fuzz-") as folder:
        root = Path(folder)
        for path, data in {**_PROJECT, **files}.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        for command in commands:
            yield _forked(name, root, command)


_PROJECT = {
    "tocsin.toml": b'[project]\nname = "shop"\n',
    "sources/shop.yml": SOURCE.encode(),
    "events.jsonl": b'{"action": "a"}\n',
}


def _forked(name: str, root: Path, command: Sequence[str]) -> Run:
    """One command in a fork of this process."""
    log = root / ".said"
    child = os.fork()
    if child == 0:
        os._exit(_limited(root, command, log))
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    said = log.read_text("utf-8", "replace")[-_LAST:] if log.exists() else ""
    log.unlink(missing_ok=True)
    seconds = used.ru_utime + used.ru_stime
    return Run(name, " ".join(command), code, seconds, used.ru_maxrss << 10, said)


def _limited(root: Path, command: Sequence[str], log: Path) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (3 * CPU_SECONDS, 3 * CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MEMORY, 2 * MEMORY))
    os.chdir(root)
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = _ended(command)
    log.write_text(said.getvalue()[-_LAST:], "utf-8", "backslashreplace")
    return code


def _ended(command: Sequence[str]) -> int:
    """The exit code, as `tocsin.cli.main` has it, with the stack trace that it would hide."""
    try:
        code = main_group.main(list(command), prog_name="tocsin", standalone_mode=False)
    except TocsinError as error:
        return error.exit_code
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what we look for
        if isinstance(exit_code := getattr(error, "exit_code", None), int):
            return exit_code
        traceback.print_exc()
        return 3
    return code if isinstance(code, int) else 0


def warm() -> None:
    """Import what commands import, once for all forks."""
    for name in COMMANDS:
        main_group.get_command(None, name)  # type: ignore[arg-type]


ATTACKED = (
    ("validate",),
    ("validate", "rules"),
    ("test",),
    ("compile", "--target", "kafka-filter", "--target", "batch-sql"),
    ("scan", "--rules", "rules", "--events", "events.jsonl"),
    ("lock",),
    ("coverage", "--out", "page"),
)


def main() -> None:
    """Run and print; exit code 1 if a bound was broken."""
    from faults.attacks import attacks  # noqa: PLC0415

    warm()
    wanted = sys.argv[2:]
    broken = 0
    for name, files in attacks():
        if wanted and name not in wanted:
            continue
        for done in run(name, files, ATTACKED):
            broken += done.broken
            print(done, flush=True)  # noqa: T201
            if done.broken and wanted:
                print(done.said)  # noqa: T201
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
