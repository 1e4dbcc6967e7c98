"""The server: alerts into its database, and its API."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tocsin.app.server_settings import open_oidc, open_sinks, told_of_nothing
from tocsin.app.worker import WorkerEnvironment
from tocsin.errors import ConfigError
from tocsin.front.project import read_settings
from tocsin.progress import Notify

if TYPE_CHECKING:
    from tocsin_runtime.worker.stop import Stop
    from tocsin_server.database import Database
    from tocsin_server.ingest.base import AlertStream
    from tocsin_server.settings import ServerSettings
    from tocsin_server.sinks.base import Channel

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


@dataclass(frozen=True, slots=True)
class Serving:
    """What a server is made of."""

    site: WorkerEnvironment
    settings: ServerSettings
    database: Database
    at: Listening


def serve(served: Serving, stop: Stop, notify: Notify, listening: Callable[[str], None]) -> None:
    """Write alerts, tell sinks and answer requests until a signal comes.

    `listening` is told the API's address.

    Exceptions are tried on the detections of the project.
    """
    import uvicorn  # noqa: PLC0415 - as above

    from tocsin.app.exception_rules import ProjectRules  # noqa: PLC0415
    from tocsin.app.release_records import LedgerRecords  # noqa: PLC0415
    from tocsin_server.alerts.feed import Feed  # noqa: PLC0415
    from tocsin_server.app import application  # noqa: PLC0415
    from tocsin_server.console.app import ConsoleSite  # noqa: PLC0415
    from tocsin_server.ingest.intake import Intake  # noqa: PLC0415

    database, settings = served.database, served.settings
    channels, taken = open_sinks(settings), served.at.bound()
    ended = threading.Event()
    site, known = served.site, read_settings(served.site.root).environments
    for strange in told_of_nothing(settings, known):
        notify(strange)
    stream = _stream(site, database, notify)
    intake = Intake(database, stream, ended.is_set, notify, settings.sinks)
    feed, rules = Feed(database), ProjectRules(site.root)
    app = application(
        database,
        intakes=[intake.state],
        rules=rules,
        feed=feed,
        settings=settings,
        oidc=open_oidc(settings),
        records=LedgerRecords(site.root, list(known), site.project),
        site=ConsoleSite(site.project, site.name),
    )
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=_LONGEST_ANSWER
    )
    server = uvicorn.Server(config)
    with ExitStack() as opened:
        opened.enter_context(taken)
        for work in _couriers(database, channels, ended.is_set, notify):
            opened.enter_context(_thread(work))
        writing = opened.enter_context(_thread(intake.run))
        answering = opened.enter_context(_thread(partial(server.run, [taken])))
        listening(f"{Listening(served.at.host, taken.getsockname()[1])}/api/v1")
        while not stop() and writing.is_alive() and answering.is_alive():
            answering.join(_LOOK)
        ended.set()
        feed.stop()
        server.should_exit = True


def _couriers(
    database: Database,
    channels: Mapping[str, Channel],
    stopped: Callable[[], bool],
    notify: Notify,
) -> Iterator[Callable[[], None]]:
    from tocsin_server.sinks.courier import Courier  # noqa: PLC0415 - as above

    for name, channel in channels.items():
        yield Courier(database, name, channel, stopped, notify).run


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
