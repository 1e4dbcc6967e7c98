"""Servers as processes of their own, killed and started again; what they used of a processor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from patience import until
from small_project import write_project

_PROD = """
[environments.prod]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "{bootstrap}"
"""


class Servers:
    """Processes `tocsin serve` of one environment, with one database."""

    def __init__(self, project: Path, environment: str, database: str) -> None:
        self._project, self._log = project, project / "serve.log"
        self._command = [
            *(sys.executable, "-m", "tocsin", "serve", "--env", environment),
            *("--database", database, "--listen", "127.0.0.1:0"),
        ]
        self.running: list[subprocess.Popen[bytes]] = []
        self._cpu = 0.0

    def start(self) -> str:
        """One more. Returns the address of its API."""
        log = self._project / f"serve-{len(list(self._project.glob('serve-*.log')))}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self._command, cwd=self._project, stderr=out, stdout=subprocess.DEVNULL
            )
        until(lambda: b"serving http" in log.read_bytes() or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError(log.read_text("utf-8"))
        self.running.append(process)
        return log.read_text("utf-8").split("serving ")[1].split("/api/")[0]

    def kill(self) -> None:
        """End the oldest, as if the power went, and start another."""
        self._end(self.running[0])
        self.start()

    def stop(self) -> float:
        """End all. Returns the seconds of processor that they ever used."""
        while self.running:
            self._end(self.running[0])
        return self._cpu

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self.running.remove(process)
        if process.poll() is not None:
            logs = sorted(self._project.glob("serve-*.log"))
            raise RuntimeError("\n".join(log.read_text("utf-8") for log in logs))
        times = psutil.Process(process.pid).cpu_times()
        self._cpu += times.user + times.system
        process.kill()
        process.wait()


@contextmanager
def servers(
    folder: Path, environment: str, database: str, bootstrap: str = ""
) -> Iterator[Servers]:
    """Of a project in this folder; all are ended at the end."""
    project = write_project(folder, {})
    if bootstrap:
        with (project / "tocsin.toml").open("a", encoding="utf-8") as settings:
            settings.write(_PROD.format(bootstrap=bootstrap))
    made = Servers(project, environment, database)
    try:
        yield made
    finally:
        for process in made.running:
            process.kill()
