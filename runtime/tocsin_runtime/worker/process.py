"""From a batch of records to results: decode, route to lanes, match, write out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tocsin.canonical import canonical_bytes, digest
from tocsin.model.artifact import Match
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.alerts.match import MatchRecord
from tocsin_runtime.decode import NotAnEventError, decode
from tocsin_runtime.matcher import EvaluatorMatcher, Filter, Matcher
from tocsin_runtime.worker.loop import Batch, Counters
from tocsin_runtime.worker.stream import Output, Record, Sink

Event = dict[str, Any]
Taken = tuple[Record, Event]


class Lane(Protocol):
    """Detections on one engine. `whole`: they correlate events, and look at all of them at once."""

    @property
    def whole(self) -> bool:
        """Whether `match` is called once, with all events, when the stream ends."""

    @property
    def bindings(self) -> Mapping[str, Binding]:
        """How each detection, by id, reads its events."""

    def match(self, events: Sequence[Event]) -> Iterable[Match]:
        """Which detections match which of these events, by number."""


class FilterLane:
    """Filters in this process."""

    whole = False

    def __init__(self, filters: Sequence[Filter], matcher: Matcher | None = None) -> None:
        self.bindings = {f.detection: binding_of(f) for f in filters}
        self._matcher = matcher or EvaluatorMatcher(filters)

    def match(self, events: Sequence[Event]) -> Iterable[Match]:
        """One event after the other."""
        for number, event in enumerate(events):
            for detection in self._matcher.match(event):
                yield Match(detection, number)


def binding_of(each: Filter) -> Binding:
    """How a filter reads its events."""
    return Binding(
        detection=each.detection,
        logic=each.logic,
        source=each.source,
        time_field=each.time_field,
        id_field=each.id_field,
        paths=each.paths,
    )


Route = Callable[[Record, Event], Sequence[Lane]]
"""The lanes that look at an event. Raises NotAnEventError if the event has no place here."""

Write = Callable[[MatchRecord, Event], Iterable[Output]]
"""What is made of a match besides its record."""


@dataclass(frozen=True, slots=True)
class Processor:
    """Turns batches of records into outputs, in the order of the records."""

    route: Route
    write: Write = lambda _match, _event: ()
    _kept: dict[int, tuple[Lane, list[Taken]]] = field(default_factory=dict, init=False)

    def __call__(self, records: Sequence[Record]) -> Batch:
        """The results of a batch, and what to count if they get committed."""
        dead: list[Output] = []
        lanes: dict[int, tuple[Lane, list[Taken]]] = {}
        for record in records:
            try:
                event = _take(record)
                for lane in self.route(record, event):
                    group = self._kept if lane.whole else lanes
                    group.setdefault(id(lane), (lane, []))[1].append((record, event))
            except NotAnEventError as reason:
                dead.append(dead_letter(record, str(reason)))
        counters = Counters(len(records) - len(dead), len(dead))
        return self._batch(lanes.values(), records, dead, counters)

    def finish(self) -> Batch:
        """The results of the lanes that look at all events at once."""
        kept = self._kept.values()
        records = {id(record): record for _, taken in kept for record, _ in taken}
        return self._batch(kept, records.values(), [], Counters())

    def _batch(
        self,
        lanes: Iterable[tuple[Lane, list[Taken]]],
        records: Iterable[Record],
        dead: Sequence[Output],
        counters: Counters,
    ) -> Batch:
        hits: dict[int, list[_Hit]] = defaultdict(list)
        for hit in _hits(lanes):
            hits[id(hit[0])].append(hit)
            counters.matches[hit[1].detection] += 1
        ordered = [hit for record in records for hit in hits.get(id(record), ())]
        return Batch([*dead, *self._outputs(ordered)], counters)

    def _outputs(self, hits: Iterable[_Hit]) -> Iterator[Output]:
        for _, match, event in hits:
            yield Output(Sink.MATCHES, match.event_id, match.encode(), match.detection)
            yield from self.write(match, event)


_Hit = tuple[Record, MatchRecord, Event]


def _take(record: Record) -> Event:
    if record.problem:
        raise NotAnEventError(record.problem)
    return decode(record.value)


def _hits(lanes: Iterable[tuple[Lane, list[Taken]]]) -> Iterator[_Hit]:
    for lane, taken in lanes:
        for match in lane.match([event for _, event in taken]):
            record, event = taken[match.event]
            binding = lane.bindings[match.detection]
            yield record, MatchRecord.of(binding, event, record, match.group), event


def dead_letter(record: Record, reason: str) -> Output:
    """What could not be read as an event, why, and where it is."""
    letter = {
        "reason": reason,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "value": record.value[:_SHOWN].decode("utf-8", "replace"),
        "size": len(record.value),
    }
    identity = digest(letter)
    return Output(Sink.DEAD, identity, canonical_bytes({"id": identity, **letter}))


_SHOWN = 4096
"""Bytes of a dead letter's value that are kept."""
