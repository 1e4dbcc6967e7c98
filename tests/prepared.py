"""The command line in copies of a process that has everything loaded, which saves their start.

What it says and how it ends is that of a process of its own; only its start is not. As a program
(`python prepared.py SOCKET`), this is the process that is copied.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from patience import SECONDS
from tocsin.cli.main import COMMANDS, main

MOST = 1 << 17
"""Bytes of a question."""
Said = tuple[int, str, str]
"""Exit code, stdout, stderr."""


def said(
    args: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    stdin: str = "",
    timeout: float = SECONDS,
) -> Said:
    """Run `tocsin ARGS` there."""
    asked = json.dumps({"args": list(args), "cwd": str(cwd), "env": dict(env)}).encode()
    with tempfile.TemporaryFile() as given, _file() as out, _file() as err:
        given.write(stdin.encode())
        given.seek(0)
        code = _process().run(asked, [given.fileno(), out.fileno(), err.fileno()], timeout)
        return code, _read(out), _read(err)


def _file() -> Any:
    return tempfile.TemporaryFile()


def _read(file: Any) -> str:
    file.seek(0)
    text: str = file.read().decode("utf-8", "backslashreplace")
    return text.replace("\r\n", "\n")


class _Prepared:
    """The process that is copied, one for each that asks."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            place = theirs.fileno()
            command = [sys.executable, __file__, str(place)]
            self._child = subprocess.Popen(
                command,
                pass_fds=[place],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            )

    def run(self, asked: bytes, files: Sequence[int], timeout: float) -> int:
        self._socket.settimeout(timeout)
        socket.send_fds(self._socket, [asked], files)
        try:
            return int(self._socket.recv(MOST))
        except TimeoutError:
            os.killpg(self._child.pid, signal.SIGKILL)
            raise

    def close(self) -> None:
        self._socket.close()
        self._child.wait()


@cache
def _process() -> _Prepared:
    made = _Prepared()
    atexit.register(made.close)
    return made


def serve(asks: socket.socket) -> None:
    """Answer until nobody asks any more. In a copy, this ends as the command does."""
    for name in COMMANDS:
        import_module(f"tocsin.cli.commands.{name}")
    while True:
        asked, files, _, _ = socket.recv_fds(asks, MOST, 3)
        if not asked:
            return
        child = os.fork()
        if child == 0:
            asks.close()
            _become(**json.loads(asked), files=files)
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        asks.send(b"%d" % os.waitstatus_to_exitcode(status))


def _become(args: Sequence[str], cwd: str, env: Mapping[str, str], files: Sequence[int]) -> None:
    """Never returns."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as it lives
    sys.argv = ["tocsin", *args]
    main()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as questions:
        serve(questions)
