"""Findings as they change, from a stream that is asked for again whenever it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tocsin.errors import EngineError
from tocsin_client.connection import Connection, read
from tocsin_client.models import FindingView
from tocsin_client.problem import ApiError

_WAIT = 3.0
_LAST = "Last-Event-ID"


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """A finding that is new or has changed; None where too much has: load the list again.

    `id`: what goes on from here.
    """

    id: str
    finding: FindingView | None


@dataclass
class _Sent:
    """One event of the stream, its lines so far."""

    id: str = ""
    event: str = ""
    data: str = ""

    def event_of(self) -> FindingEvent | None:
        """What it says; None for what a later version may send."""
        if self.event == "reset":
            return FindingEvent(self.id, None)
        if self.event != "finding":
            return None
        try:
            return FindingEvent(self.id, read(FindingView, json.loads(self.data)))
        except ValueError:
            raise EngineError("what answers is not the API: an event is not JSON") from None


def follow(
    connection: Connection, last: str, pause: Callable[[float], None] = time.sleep
) -> Iterator[FindingEvent]:
    """Events after the `last` one that was seen, and those to come, for ever.

    A server that is away, or busy, is asked again; any other problem is raised.
    """
    while True:
        wait = _WAIT
        try:
            headers = {"Accept": "text/event-stream", **({_LAST: last} if last else {})}
            with connection.stream("/events", headers) as lines:
                for event in _events(lines):
                    last = event.id or last
                    yield event
        except ApiError as error:
            if not error.passes:
                raise
            wait = error.after or _WAIT
        except EngineError:  # it broke off: the last id says where to go on
            pass
        pause(wait)


def _events(lines: Iterable[str]) -> Iterator[FindingEvent]:
    sent = _Sent()
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if found := sent.event_of():
                yield found
            sent = _Sent()
        elif name in ("id", "event"):
            setattr(sent, name, value)
        elif name == "data":
            sent.data += value
