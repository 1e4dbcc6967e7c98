"""The interface of a local engine. A new engine is one file and one line in the registry."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tocsin_engines.cache import Cache
from tocsin_engines.process import spawn
from tocsin_engines.state import Child
from tocsin_engines.tools import Tool

Say = Callable[[str], None]
LOG4J = """\
status = error
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %c{1}: %m%n""".splitlines()
"""What a JVM logs: to its standard output, which goes to a file."""
"""Takes one line about what goes on; the caller shows it or not."""


@dataclass(frozen=True)
class Launch:
    """What an engine needs to start: where its files are, its own folder, its ports."""

    installed: Path
    folder: Path
    ports: Mapping[str, int]
    record: Callable[[Child], None]

    def log(self, role: str) -> Path:
        """Where a process logs to."""
        return self.folder / "logs" / f"{role}.log"

    def spawn(self, role: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start a process that writes to its log, and note it in the state."""
        log = self.log(role)
        log.parent.mkdir(parents=True, exist_ok=True)
        self.record(spawn(role, argv, {**os.environ, **(env or {})}, log))

    def write(self, path: str, lines: Sequence[str]) -> Path:
        """Write a configuration file below the engine's folder."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file


class Engine(Protocol):
    """A local engine. `ports` are the names of the ports it listens on, the main one first."""

    @property
    def name(self) -> str:
        """The name on the command line."""

    @property
    def ports(self) -> tuple[str, ...]:
        """Names of the ports it listens on."""

    @property
    def requires(self) -> tuple[Tool, ...]:
        """Programs that must be there before anything is downloaded or started."""

    def install(self, cache: Cache, say: Say) -> Path:
        """Folder of the engine's files; downloads them into the cache unless they are there."""

    def start(self, launch: Launch) -> None:
        """Write the configuration and start the processes; does not wait until they are ready."""

    def healthy(self, ports: Mapping[str, int]) -> bool:
        """Does it answer, and would it do its work? Must return within some seconds."""

    def addresses(self, ports: Mapping[str, int]) -> dict[str, str]:
        """Its addresses by name, for instance `kafka` or `flink_rest`."""


@dataclass(frozen=True)
class EngineAddresses:
    """Where the engines of an instance listen; `logs` is the folder with their logs.

    `addresses`: by the names that each `Engine.addresses` gives.
    `started`: the engines that were not running before the call that returned this.
    """

    addresses: Mapping[str, str]
    logs: Path
    started: tuple[str, ...] = ()
