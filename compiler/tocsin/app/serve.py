"""The server: alerts into its database, and its API."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tocsin.app.worker import WorkerEnvironment
from tocsin.errors import ConfigError
from tocsin.progress import Notify

if TYPE_CHECKING:
    from tocsin_runtime.worker.stop import Stop
    from tocsin_server.database import Database
    from tocsin_server.ingest.base import AlertStream

_LONGEST_STOP, _LONGEST_ANSWER, _LOOK = 30.0, 5, 0.2
"""Seconds for what is being written, and answered, at the end; and between looks at signals."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the API listens: a host's name or number, and a port."""

    host: str
    port: int

    @classmethod
    def at(cls, address: str) -> Listening:
        """Of HOST:PORT. Raises ConfigError for anything else."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) < 1 << 16:
            raise ConfigError(f"cannot listen at {address!r}", hint="give --listen HOST:PORT")
        return cls(host.strip("[]"), int(port))

    def bound(self) -> socket.socket:
        """A socket there, for port 0 at a free one. Raises ConfigError if it cannot be had."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            raise ConfigError(f"cannot listen at {self}: {error.strerror}") from None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def serve(  # noqa: PLR0913, PLR0917 - what the command opened, and whom it tells
    site: WorkerEnvironment,
    database: Database,
    at: Listening,
    stop: Stop,
    notify: Notify,
    listening: Callable[[str], None],
) -> None:
    """Write alerts and answer requests until a signal comes; `listening` is told the API's address.

    Exceptions are tried on the detections of the project.
    """
    import uvicorn  # noqa: PLC0415 - as above

    from tocsin.app.exception_rules import ProjectRules  # noqa: PLC0415
    from tocsin_server.alerts.feed import Feed  # noqa: PLC0415
    from tocsin_server.app import application  # noqa: PLC0415
    from tocsin_server.ingest.intake import Intake  # noqa: PLC0415

    taken = at.bound()
    ended = threading.Event()
    stream = _stream(site, database, notify)
    intake = Intake(database, stream, ended.is_set, notify)
    feed, rules = Feed(database), ProjectRules(site.root)
    app = application(database, intakes=[intake.state], rules=rules, feed=feed)
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=_LONGEST_ANSWER
    )
    server = uvicorn.Server(config)
    with taken, _thread(intake.run) as writing, _thread(partial(server.run, [taken])) as answering:
        listening(f"{Listening(at.host, taken.getsockname()[1])}/api/v1")
        while not stop() and writing.is_alive() and answering.is_alive():
            answering.join(_LOOK)
        ended.set()
        feed.stop()
        server.should_exit = True


@contextmanager
def _thread(work: Callable[[], None]) -> Iterator[threading.Thread]:
    """Work in a thread of its own; what is at hand at the end is finished."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield thread
    thread.join(_LONGEST_STOP)


def _stream(
    site: WorkerEnvironment, database: Database, notify: Notify
) -> Callable[[], AlertStream]:
    """Opens what the alerts of an environment are read from."""
    from tocsin_runtime.stream.base import Sink  # noqa: PLC0415 - as above
    from tocsin_runtime.stream.names import SINKS  # noqa: PLC0415
    from tocsin_runtime.worker.local import ALERTS  # noqa: PLC0415
    from tocsin_runtime.worker.references import resolve  # noqa: PLC0415
    from tocsin_server.ingest.file import FileAlerts  # noqa: PLC0415
    from tocsin_server.ingest.kafka import KafkaAlerts  # noqa: PLC0415

    if site.settings.kind == "local":
        return partial(FileAlerts, database, site.folder / ALERTS)
    if not site.settings.on_kafka:
        raise ConfigError(f"environments of kind {site.settings.kind} raise no alerts of ours")
    servers = resolve(site.settings.bootstrap, f"`bootstrap` of environment {site.name}")
    return partial(KafkaAlerts, database, servers.reveal(), SINKS[Sink.ALERTS], notify)
