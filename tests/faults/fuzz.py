"""Runs commands on hostile projects, in forks of this process with limits on their resources.

`python -m faults.fuzz attacks [NAME …]` from `tests/` prints what breaks a bound.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import resource
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from authoring import SOURCE, rule
from tocsin.cli.main import main_group
from tocsin.errors import TocsinError

CPU_SECONDS = 10
MEMORY = 1 << 30
"""Bytes of one run, the interpreter and all libraries included."""
FINE = (0, 1, 2)
_LAST = 4000
Commands = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Run:
    """How commands ended on an input: the worst code, CPU seconds, the peak of memory in bytes."""

    name: str
    command: str
    code: int
    seconds: float
    memory: int
    said: str

    @property
    def broken(self) -> bool:
        """Whether it crashed or needed too much."""
        return self.beyond(CPU_SECONDS)

    def beyond(self, seconds: float) -> bool:
        """The same with another bound of time."""
        heavy = self.seconds > seconds or self.memory > MEMORY
        return heavy or self.code not in FINE or "Traceback" in self.said

    def __str__(self) -> str:
        state = "BROKEN" if self.broken else "fine"
        size = self.memory >> 20
        return (
            f"{state} {self.code:3} {self.seconds:6.2f} s {size:5} MiB  {self.command}: {self.name}"
        )


@dataclass(frozen=True, slots=True)
class Input:
    """Commands, one after the other, in a project with these files."""

    name: str
    files: Mapping[str, bytes]
    commands: Commands

    @property
    def told(self) -> str:
        """The commands as they are typed."""
        return "; ".join(map(" ".join, self.commands))


def run(inputs: Sequence[Input]) -> Iterator[Run]:
    """Each input; one process takes them all, unless one of them ends it."""
    while inputs:
        with tempfile.TemporaryDirectory(prefix="tocsin-fuzz-") as folder:
            done = _forked(inputs, Path(folder))
        yield from done
        inputs = inputs[len(done) :]


SETTINGS = b"""[project]
name = "shop"
[environments.local]
kind = "local"
backend = "batch-sql"
path = "out"
"""
_PROJECT = {
    "tocsin.toml": SETTINGS,
    ".git/HEAD": b"ref: refs/heads/main\n",
    ".git/objects/.keep": b"",
    ".git/refs/.keep": b"",
    "sources/shop.yml": SOURCE.encode(),
    "events.jsonl": b'{"action": "a"}\n',
}


def _forked(inputs: Sequence[Input], folder: Path) -> list[Run]:
    """Those that a fork of this process gets done; the last may be what ended it."""
    log = folder / "log"
    child = os.fork()
    if child == 0:
        with log.open("ab") as out:
            for each in inputs:
                pickle.dump(_limited(each, folder), out)
                out.flush()
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    done = list(_pickles(log))
    if len(done) < len(inputs):
        code = os.waitstatus_to_exitcode(status)
        seconds, died = used.ru_utime + used.ru_stime, inputs[len(done)]
        done.append(Run(died.name, died.told, code, seconds, used.ru_maxrss << 10, ""))
    return done


def _pickles(log: Path) -> Iterator[Run]:
    with log.open("rb") as file, suppress(EOFError):
        while True:
            yield pickle.load(file)  # noqa: S301 - written by a fork of ours


def _limited(each: Input, folder: Path) -> Run:
    before = _seconds()
    resource.setrlimit(resource.RLIMIT_CPU, (int(before) + 3 * CPU_SECONDS, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MEMORY, 2 * MEMORY))
    gc.freeze()  # what is here is the parent's: a collection would copy its memory
    code, said = _sat(each, folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return Run(each.name, each.told, code, _seconds() - before, memory, said[-_LAST:])


def _seconds() -> float:
    """CPU time of this process and of what it started."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _sat(each: Input, folder: Path) -> tuple[int, str]:
    """The worst exit code, and what was said."""
    said = io.StringIO()
    with (
        tempfile.TemporaryDirectory(dir=folder) as root,
        chdir(_project(Path(root), each.files)),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        codes = [_ended(command) for command in each.commands]
    return max(codes), said.getvalue()


def _project(root: Path, files: Mapping[str, bytes]) -> Path:
    """Files in a project where nothing else is set up."""
    for path, data in {**_PROJECT, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return root


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
    """Do what commands do the first time only, once for all forks."""
    sound = Input("sound", {"rules/attack.yml": yaml.safe_dump(rule()).encode()}, ATTACKED)
    with tempfile.TemporaryDirectory(prefix="tocsin-fuzz-") as folder:
        code, said = _sat(sound, Path(folder))
    assert code == 0, said


TARGETS = ("--target", "kafka-filter", "--target", "batch-sql", "--target", "flink-sql")
ATTACKED: Commands = (
    ("validate",),
    ("validate", "rules"),
    ("test",),
    ("compile", *TARGETS),
    ("scan", "--rules", "rules", "--events", "events.jsonl"),
    ("lock",),
    ("explain", "rules/attack.yml", "--event", "events.jsonl"),
    ("plan", "--env", "local"),
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
        for command in ATTACKED:
            [done] = run([Input(name, files, [command])])
            broken += done.broken
            print(done, flush=True)  # noqa: T201
            if done.broken and wanted:
                print(done.said)  # noqa: T201
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
