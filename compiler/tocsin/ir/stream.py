"""Events in order of arrival to the completions of correlations, chains included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.ir.correlate import BaseMatch, Outcome, correlate
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.leaf import parse_millis
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.ir.sliding import Event
from tocsin.model.source import Source

WITHOUT_TIME, LATE = "without time", "late"


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event that counts for correlations; time in ms since 1970, UTC."""

    event: Event
    time: int
    view: View = field(compare=False, repr=False)


Clock = Callable[[View], int | None]
Found = Mapping[str, Sequence[Arrived]]
"""What each event query, by id of its detection, matches."""


def clock_of(source: Source) -> Clock:
    """Event time by the source's declared field."""
    return lambda view: moment(view, source.time_field)


def moment(view: View, field_name: str) -> int | None:
    """The time that a field tells, or None: missing, several, or no time."""
    texts = view.texts(field_name)
    return parse_millis(texts[0]) if texts and len(texts) == 1 else None


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


def arrivals(
    source: Source, views: Sequence[View], clock: Clock, dropped: Counter[str]
) -> Iterator[Arrived]:
    """The events of a source that count for correlations; the others are counted by reason."""
    times = [clock(view) for view in views]
    lateness = None if source.lateness_seconds is None else source.lateness_seconds * 1000
    reasons = on_time(times, lateness)
    for number, (view, time, reason) in enumerate(zip(views, times, reasons, strict=True)):
        if time is None or reason:
            dropped[reason] += 1
        else:
            yield Arrived((source.name, number), time, view)


def observe(
    queries: Iterable[Query],
    events: Sequence[Mapping[str, Any]],
    dropped: Counter[str],
    clock: Clock | None = None,
) -> dict[str, list[Arrived]]:
    """Matches of event queries, each on the events as its own source sees them.

    `clock` tells the time where sources do not declare a field for it.
    """
    seen: dict[str, list[Arrived]] = {}
    found: dict[str, list[Arrived]] = {}
    for query in queries:
        source = query.source
        if source.name not in seen:
            views = [View(event, source.renamed) for event in events]
            tells = clock or clock_of(source)
            seen[source.name] = list(arrivals(source, views, tells, dropped))
        holds = predicate(query.matches)
        found[query.detection.id] = [each for each in seen[source.name] if holds(each.view)]
    return found


def completions(
    query: CorrelationQuery, found: Found, done: dict[str, Outcome] | None = None
) -> Outcome:
    """Where a correlation holds; `done` keeps the outcomes of correlations that others share."""
    done = {} if done is None else done
    if query.detection.id not in done:
        positions = range(len(query.bases))
        matches = [m for n in positions for m in base_matches(query, n, found, done)]
        done[query.detection.id] = correlate(query.correlation, matches)
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
