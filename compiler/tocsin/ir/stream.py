"""Events in order of arrival to the completions of correlations, chains included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tocsin.ir.correlate import BaseMatch, Outcome, correlate
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.figures import EventRef
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.ir.times import parse_millis
from tocsin.model.source import Source

WITHOUT_TIME, LATE, WITHOUT_KEY = "without time", "late", "without group key"
"""Reasons why a base match does not count."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event that counts for correlations; time in ms since 1970, UTC."""

    event: EventRef
    time: int
    view: View = field(compare=False, repr=False)


@dataclass(slots=True)
class LeftOut:
    """How many base matches of a correlation do not count, by reason, each event once.

    `untimed`: what the first without a time has where it should have one.
    """

    counts: Counter[str] = field(default_factory=Counter)
    untimed: str = ""

    def add(self, reason: str, view: View, clock: Clock) -> None:
        """One more."""
        self.counts[reason] += 1
        if reason == WITHOUT_TIME and not self.untimed:
            self.untimed = clock.seen(view)

    @property
    def told(self) -> dict[str, int]:
        """The counts that are not 0."""
        return {reason: count for reason, count in self.counts.items() if count}

    def lines(self) -> Iterator[str]:
        """`2 base matches without time (timestamp is 'soon')`, a line a reason."""
        for reason, count in self.told.items():
            what = "base match" if count == 1 else "base matches"
            example = f" ({self.untimed})" if reason == WITHOUT_TIME and self.untimed else ""
            yield f"{count} {what} {reason}{example}"


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time of events: the first of the fields that `read` takes for a moment."""

    fields: tuple[str, ...]
    read: Callable[[str], int | None]

    def __call__(self, view: View) -> int | None:
        """Milliseconds since 1970, UTC; None where the event tells no time."""
        for name in self.fields:
            if (time := self._time(view.texts(name))) is not None:
                return time
        return None

    def _time(self, texts: tuple[str, ...] | None) -> int | None:
        return self.read(texts[0]) if texts and len(texts) == 1 else None

    def seen(self, view: View) -> str:
        """What an event without a time has in these fields."""
        found = {name: texts for name in self.fields if (texts := view.texts(name)) is not None}
        if not found:
            return f"no {', '.join(self.fields)}" if any(self.fields) else "no field holds it"
        return ", ".join(f"{name} is {_shown(texts)}" for name, texts in found.items())


def _shown(texts: tuple[str, ...]) -> str:
    shown = [repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…") for text in texts[:2]]
    more = ["…"] if len(texts) > len(shown) else []
    return shown[0] if len(texts) == 1 else f"[{', '.join(shown + more)}]"


SHOWN = 60
"""Characters of a text that are shown."""
Found = Mapping[str, Sequence[Arrived]]
"""What each event query, by id of its detection, matches."""


def clock_of(source: Source) -> Clock:
    """Event time by the source's declared field, in its unit."""
    return Clock((source.time_field,), partial(parse_millis, unit=source.time_unit))


def on_time(times: Iterable[int | None], lateness_ms: int | None) -> Iterator[str]:
    """For each event in order of arrival: "" if it counts, else the reason why it does not.

    An event is late if its time is before the latest time seen so far less the allowed lateness.
    Without a lateness none is. An event without a time never counts.
    """
    latest: int | None = None
    for time in times:
        if time is None:
            yield WITHOUT_TIME
            continue
        latest = time if latest is None else max(latest, time)
        yield LATE if lateness_ms is not None and time < latest - lateness_ms else ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event in order of arrival, and why it does not count for correlations, if so."""

    arrived: Arrived
    reason: str


def arrivals(source: Source, views: Sequence[View], clock: Clock) -> Iterator[Arrival]:
    """The events of a source."""
    times = [clock(view) for view in views]
    reasons = on_time(times, source.lateness_ms)
    for number, (view, time, reason) in enumerate(zip(views, times, reasons, strict=True)):
        yield Arrival(Arrived((source.name, number), time or 0, view), reason)


def observe(
    queries: Iterable[Query],
    events: Sequence[Mapping[str, Any]],
    left_out: LeftOut | None = None,
    clock: Clock | None = None,
) -> dict[str, list[Arrived]]:
    """Matches of event queries that count, each on the events as its own source sees them.

    `clock` tells the time where sources do not declare a field for it.
    """
    seen: dict[str, list[Arrival]] = {}
    missed: dict[EventRef, tuple[Arrival, Clock]] = {}
    found: dict[str, list[Arrived]] = {}
    for query in queries:
        source = query.source
        tells = clock or clock_of(source)
        if source.name not in seen:
            views = [View(event, source.renamed) for event in events]
            seen[source.name] = list(arrivals(source, views, tells))
        holds = predicate(query.matches)
        matches = [each for each in seen[source.name] if holds(each.arrived.view)]
        found[query.detection.id] = [each.arrived for each in matches if not each.reason]
        missed |= {each.arrived.event: (each, tells) for each in matches if each.reason}
    if left_out:
        for each, tells in missed.values():
            left_out.add(each.reason, each.arrived.view, tells)
    return found


def completions(
    query: CorrelationQuery, found: Found, done: dict[str, Outcome] | None = None
) -> Outcome:
    """Where a correlation holds; `done` keeps the outcomes of correlations that others share.

    What lacks a group key of a base that is a correlation lacks one of this.
    """
    done = {} if done is None else done
    if query.detection.id not in done:
        positions = range(len(query.bases))
        matches = [m for n in positions for m in base_matches(query, n, found, done)]
        outcome = correlate(query.correlation, matches)
        below = (done[b.detection.id] for b in query.bases if isinstance(b, CorrelationQuery))
        lacking = outcome.without_key.union(*(each.without_key for each in below))
        done[query.detection.id] = replace(outcome, without_key=lacking)
    return done[query.detection.id]


def base_matches(
    query: CorrelationQuery, position: int, found: Found, done: dict[str, Outcome] | None = None
) -> Iterator[BaseMatch]:
    """The matches of one base: a correlation's stand for the events that complete it."""
    base = query.bases[position]
    matches: Sequence[Any] = (
        found[base.detection.id]
        if isinstance(base, Query)
        else completions(base, found, done).completed
    )
    for each in matches:
        yield BaseMatch(position, each.event, each.time, each.view)
