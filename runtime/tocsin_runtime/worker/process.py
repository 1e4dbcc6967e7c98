"""From a batch of records to results: route to lanes, match, write out.

An event is decoded only where something asks for it: its routing, a lane that works on events, or
a match. So a record whose event is broken where nobody looks is not refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import Protocol

from tocsin.events.decode import NotAnEventError, decode
from tocsin.events.piece import EventDict
from tocsin.ir.evidence import MOST_EVENTS
from tocsin.model.artifact import Missed
from tocsin_matcher import Cost, Failed, Matched
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.alerts.match import MatchRecord
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.dead_letters import dead_letter
from tocsin_runtime.stream.loop import Batch, Counters


class Taken:
    """A record that was taken in; its event is decoded when it is first asked for."""

    __slots__ = ("_event", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._event: EventDict | None = None

    def event(self) -> EventDict:
        """The event. Raises NotAnEventError."""
        if self._event is None:
            self._event = decode(self.record.value)
        return self._event


class Lane(Protocol):
    """Detections on one engine. `whole`: they correlate events, and look at all of them at once."""

    @property
    def whole(self) -> bool:
        """Whether `match` is called once, with all events, when the stream ends."""

    @property
    def bindings(self) -> Mapping[str, Binding]:
        """How each detection, by id, reads its events."""

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What detections cost so far, by id, where that is known."""

    def match(self, taken: Sequence[Taken]) -> Matched:
        """Which detections match which of these, by number, and which are no events."""


Route = Callable[[Taken], Sequence[Lane]]
"""The lanes that look at an event. Raises NotAnEventError if the event has no place here."""

Write = Callable[[MatchRecord, Sequence[EventDict]], Iterable[Output]]
"""What is made of a match, and of the events that it rests on, besides its record."""

MatchWithEvents = tuple[MatchRecord, Sequence[EventDict]]

Groups = dict[int, tuple[Lane, list[Taken]]]
"""Lanes, by identity, and what they are to look at."""


@dataclass(frozen=True, slots=True)
class Processor:
    """Turns batches of records into outputs: dead letters first, then in the records' order.

    `muted`: the detections whose matches raise no alerts now.
    """

    route: Route
    write: Write = lambda _match, _events: ()
    muted: Callable[[], Collection[str]] = frozenset
    _kept: Groups = field(default_factory=dict, init=False)

    def __call__(self, records: Sequence[Record]) -> Batch:
        """The results of a batch, and what to count if they get committed."""
        refused: dict[int, str] = {}
        lanes: Groups = {}
        for record in records:
            try:
                self._put(record, lanes)
            except NotAnEventError as reason:
                refused[id(record)] = str(reason)
        return self._batch(lanes, records, refused, len(records))

    def finish(self) -> Batch:
        """The results of the lanes that look at all events at once."""
        taken = (each.record for _, group in self._kept.values() for each in group)
        records = {id(record): record for record in taken}
        return self._batch(self._kept, list(records.values()), {}, 0)

    def _put(self, record: Record, lanes: Groups) -> None:
        if record.problem:
            raise NotAnEventError(record.problem)
        taken = Taken(record)
        for lane in self.route(taken):
            group = self._kept if lane.whole else lanes
            if id(lane) not in group:
                group[id(lane)] = (lane, [])
            group[id(lane)][1].append(taken)

    def _batch(
        self, lanes: Groups, records: Sequence[Record], refused: dict[int, str], events: int
    ) -> Batch:
        """`events` came for the first time; `refused`: why records, by identity, are none."""
        failed: list[tuple[Record, Failed]] = []
        left_out: list[Missed] = []
        hits = _hits(lanes.values(), refused, failed, left_out)
        dead = [dead_letter(r, refused[id(r)]) for r in records if id(r) in refused]
        counters = Counters(events - len(dead), len(dead) + len(failed))
        dead += [dead_letter(record, each.reason, each.detection) for record, each in failed]
        ordered = [hit for record in records for hit in hits.get(id(record), ())] if hits else []
        if muted := self.muted():
            marked = (replace(match, muted=match.detection in muted) for match, _ in ordered)
            ordered = list(zip(marked, (events for _, events in ordered), strict=True))
            counters.muted.update(match.detection for match, _ in ordered if match.muted)
        counters.matches.update(match.detection for match, _ in ordered)
        counters.timeless.update(match.detection for match, _ in ordered if match.time is None)
        counters.left_out.update({(e.detection, e.reason): e.events for e in left_out})
        # Made one by one while they are written: a noisy detection may give very many.
        return Batch(chain(dead, self._outputs(ordered)), counters)

    def _outputs(self, hits: Iterable[MatchWithEvents]) -> Iterator[Output]:
        for match, events in hits:
            yield Output(Sink.MATCHES, match.event_id, match.encode(), match.detection)
            yield from self.write(match, events)


MatchesByEvent = Mapping[int, Sequence[MatchWithEvents]]


def _hits(
    lanes: Iterable[tuple[Lane, list[Taken]]],
    refused: dict[int, str],
    failed: list[tuple[Record, Failed]],
    left_out: list[Missed],
) -> MatchesByEvent:
    """What matches, by identity of the record.

    What is no event after all is added to `refused`, on what a detection fails to `failed`, what
    correlations do not count to `left_out`.
    """
    hits: dict[int, list[MatchWithEvents]] = defaultdict(list)
    for lane, group in lanes:
        found = lane.match(group)
        failed += [(group[each.line].record, each) for each in found.failed]
        left_out += found.left_out
        refused |= {id(group[number].record): why for number, why in found.refused.items()}
        for match, grounds in zip_longest(found.matches, found.grounds):
            taken = group[match.event]
            try:
                event = taken.event()
            except NotAnEventError as reason:
                refused[id(taken.record)] = str(reason)
                continue
            binding = lane.bindings[match.detection]
            record = MatchRecord.of(binding, event, taken.record, match.group, grounds)
            events = [event]
            if grounds:
                newest = grounds.members[-MOST_EVENTS:]
                events = [group[each.event[1]].event() for each in newest]
            hits[id(taken.record)].append((record, events))
    return {key: group for key, group in hits.items() if key not in refused}
