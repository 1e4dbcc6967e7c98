"""Writes what comes from a stream into the database, and waits where that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.errors import EngineError
from tocsin.progress import Notify
from tocsin_server.alerts.store import StoredPiece, StreamPiece, reconsider, store
from tocsin_server.database import Database
from tocsin_server.ingest.base import AlertStream
from tocsin_server.sinks import outbox
from tocsin_server.sinks.settings import SinkSettings

_WAIT, _LONGEST = 0.5, 30.0
_NONE: Mapping[str, SinkSettings] = {}


@dataclass(slots=True)
class IntakeState:
    """What the intake did since it began, and what it waits for. `error` is empty if nothing."""

    alerts: int = 0
    repeated: int = 0
    unreadable: int = 0
    behind: int = 0
    error: str = ""

    def add(self, stored: StoredPiece) -> None:
        """Count a piece."""
        self.alerts += stored.alerts
        self.repeated += stored.repeated
        self.unreadable += stored.unreadable


class Intake:
    """Goes on until it is told to stop; a piece that is at hand is written, or read again later."""

    def __init__(
        self,
        database: Database,
        open_stream: Callable[[], AlertStream],
        stopped: Callable[[], bool],
        notify: Notify,
        sinks: Mapping[str, SinkSettings] = _NONE,
    ) -> None:
        self.state = IntakeState()
        self._database, self._open = database, open_stream
        self._stopped, self._notify = stopped, notify
        self._wait, self._sinks = _WAIT, sinks
        self._reconsidered = False

    def run(self) -> None:
        """Read and write. What is away is waited for, longer each time, and then opened again."""
        while not self._stopped():
            try:
                self._follow()
            except EngineError as error:
                self._tell(error)
                self._pause()

    def _follow(self) -> None:
        self._reconsider()
        stream = self._open()
        try:
            while not self._stopped():
                for piece in stream.read(1.0):
                    self._write(piece)
                self.state.behind = stream.behind()
                self._well()
        finally:
            stream.close()

    def _reconsider(self) -> None:
        """Try again, once, what was no alert to the version that read it."""
        after = ""
        while not self._reconsidered and not self._stopped():
            with self._database.write() as session:
                after, kept = reconsider(session, after)
                outbox.put(session, self._sinks, kept.findings)
            self.state.add(kept)
            self._reconsidered = not after
            if kept.alerts:
                self._notify(f"{kept.alerts} records that could not be read are alerts: kept")

    def _write(self, piece: StreamPiece) -> None:
        with self._database.write() as session:
            stored = store(session, piece)
            outbox.put(session, self._sinks, stored.findings)
        self.state.add(stored)
        if stored.unreadable:
            self._notify(
                f"{stored.unreadable} records of {piece.stream} are not alerts: kept apart"
            )

    def _well(self) -> None:
        if self.state.error:
            self._notify("alerts are written again")
        self.state.error, self._wait = "", _WAIT

    def _tell(self, error: EngineError) -> None:
        if error.message != self.state.error:
            self._notify(f"alerts wait: {error.message}")
        self.state.error = error.message

    def _pause(self) -> None:
        limit = time.monotonic() + self._wait
        while time.monotonic() < limit and not self._stopped():
            time.sleep(0.05)
        self._wait = min(_LONGEST, self._wait * 2)
