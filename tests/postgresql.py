"""A PostgreSQL of the tests' own, started once a run and stopped at its end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = "-c fsync=off -c full_page_writes=off -c max_connections=50 -c shared_buffers=128MB"


def programs() -> Path | None:
    """Where `initdb` and `pg_ctl` lie: the newest that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Server:
    """A PostgreSQL in a folder of its own."""

    def __init__(self, bin_: Path, folder: Path, extra: str) -> None:
        self._folder, self._port = folder, _free_port()
        data = folder / "data"
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _run(bin_ / "initdb", "-D", data, "-A", "trust", "-U", "tocsin", "-E", "UTF8", "-N")
        options = f"-p {self._port} -k {folder} -c listen_addresses=127.0.0.1 {extra}"
        self._control = (bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log")
        self._options = options

    @property
    def address(self) -> str:
        """Of its first database."""
        return f"postgresql://tocsin@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it."""
        _run(*self._control, "-o", self._options, "start")

    def kill(self) -> None:
        """As if the power went."""
        _run(*self._control, "-m", "immediate", "stop")


@contextmanager
def running(extra: str = SETTINGS) -> Iterator[Server]:
    """A server that only this machine reaches."""
    bin_ = programs()
    if bin_ is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="tocsin-pg-") as name:
        server = Server(bin_, Path(name), extra)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _run(*command: object) -> None:
    words = [str(each) for each in command]
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_user, *words],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
