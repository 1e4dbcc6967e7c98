"""Sends what waits for one sink, one after the other, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable

from tocsin.errors import EngineError
from tocsin.progress import Notify
from tocsin_server.database import Database
from tocsin_server.sinks import queue
from tocsin_server.sinks.base import Channel, Message, UndeliveredError
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.state import MessageType

_IDLE, _PAUSE, _LONGEST, _LONGEST_ASKED = 1.0, 1.0, 60.0, 3600.0
"""Seconds: between looks, after a failure at first and at most, and as a receiver may ask for."""


class Courier:
    """Goes on until it is told to stop. A sink that fails is left alone for a while."""

    def __init__(
        self,
        database: Database,
        sink: str,
        channel: Channel,
        stopped: Callable[[], bool],
        notify: Notify,
    ) -> None:
        self._database, self._sink, self._channel = database, sink, channel
        self._stopped, self._notify = stopped, notify
        self._pause, self._failing = _PAUSE, ""

    def run(self) -> None:
        """Send what is due."""
        while not self._stopped():
            try:
                wait = self.turn()
            except EngineError:  # the database is away: the intake says so
                wait = _PAUSE
            self._wait(wait)

    def turn(self) -> float:
        """Send one message, if one is due. Returns the seconds until it is worth trying again."""
        delivery = self._taken()
        if delivery is None:
            return _IDLE
        try:
            self._send(delivery)
        except UndeliveredError as error:
            return self._failed(delivery, error)
        with self._database.write() as session:
            queue.sent(session, delivery)
        if self._failing:
            self._notify(f"sink {self._sink}: messages are sent again")
        self._pause, self._failing = _PAUSE, ""
        return 0

    def _taken(self) -> Delivery | None:
        with self._database.read() as session:
            if not queue.is_due(session, self._sink):
                return None
        with self._database.write() as session:
            return queue.claim(session, self._sink)

    def _send(self, delivery: Delivery) -> None:
        message = Message(
            delivery.id, MessageType(delivery.type), delivery.created, delivery.finding_then
        )
        try:
            self._channel.send(message)
        except UndeliveredError:
            raise
        except Exception as error:  # noqa: BLE001 - a plug-in's bug must not end the thread
            raise UndeliveredError(f"{type(error).__name__}: {error}") from None

    def _failed(self, delivery: Delivery, error: UndeliveredError) -> float:
        with self._database.write() as session:
            dead = queue.failed(session, delivery, error)
        if dead:
            self._notify(f"sink {self._sink}: a message was given up: {error.reason}")
        elif error.reason != self._failing:
            self._notify(f"sink {self._sink}: a message is tried again later: {error.reason}")
        self._failing = error.reason
        wait = max(self._pause, min(error.wait, _LONGEST_ASKED))
        self._pause = min(_LONGEST, self._pause * 2)
        return wait

    def _wait(self, seconds: float) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not self._stopped():
            time.sleep(0.05)
