"""Event time in a scan: a field named by the user, that of a declared source, or a usual one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.front.routes import Routes
from tocsin.ir.evaluate import View
from tocsin.ir.nodes import Expr, any_of
from tocsin.ir.stream import Clock, clock_of
from tocsin.ir.times import guess_millis
from tocsin.model.source import Source
from tocsin.scan.sorter import Sorter

TIME_FIELDS = (
    "timestamp",
    "@timestamp",
    "UtcTime",
    "TimeCreated_SystemTime",
    "eventTime",
    "time",
    "ts",
    "created_at",
    "published",
    "requestReceivedTimestamp",
)
"""Looked for in this order; the first that holds a time tells the event's."""
GUESSED = Clock(TIME_FIELDS, guess_millis)
"""Event time where nobody declares it."""


@dataclass(frozen=True, slots=True)
class Declared:
    """How a source declares the time of the events that rules of its log sources look at."""

    clock: Clock
    renamed: Mapping[str, tuple[str, ...]]

    def view(self, view: View) -> View:
        """The event as the source sees it."""
        return View(view.event, self.renamed) if self.renamed else view


@dataclass(frozen=True, slots=True)
class DeclaredClock(Clock):
    """As the first source declares that has the event and finds its time; else guessed.

    Which sources have an event is asked once for events that look alike.
    """

    sources: Sorter[Declared]

    def __call__(self, view: View) -> int | None:
        """Milliseconds since 1970, UTC; None where the event tells no time."""
        for each in self.sources.of(view.event):
            if (time := each.clock(each.view(view))) is not None:
                return time
        return Clock.__call__(self, view)

    def seen(self, view: View) -> str:
        """What an event without a time has in the fields of its source, else in usual ones."""
        mine = next(iter(self.sources.of(view.event)), None)
        return mine.clock.seen(mine.view(view)) if mine else Clock.seen(self, view)


def scan_clock(sources: Iterable[Source], routes: Routes, time_field: str = "") -> Clock:
    """Event time in ms by this field; without one, as the sources declare it."""
    if time_field:
        return Clock((time_field,), guess_millis)
    declared = [_declared(source, routes) for source in sources]
    if not declared:
        return GUESSED
    return DeclaredClock(GUESSED.fields, GUESSED.read, Sorter(declared))


def _declared(source: Source, routes: Routes) -> tuple[Expr, Declared]:
    """The events of a source, and how it declares their time."""
    events = any_of([routes.where(served.logsource) for served in source.serves])
    return events, Declared(clock_of(source), source.renamed)
