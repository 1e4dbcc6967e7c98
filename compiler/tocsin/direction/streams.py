"""Events on which one correlation holds and another does not, as the evaluator says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from tocsin.direction.stories import Stories, Story, TimedEvent
from tocsin.direction.verdict import DirectionWitness, SourceEvent
from tocsin.ir.figures import EventRef
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.stream import Arrived, completions, observe
from tocsin.ir.times import time_value

MOST_STORIES = 400
BEGIN = 1_767_225_600_000
"""2026-01-01 in milliseconds since 1970."""


def shown(one: CorrelationQuery, other: CorrelationQuery | None) -> DirectionWitness | None:
    """A witness that the one holds where the other does not, if one is found."""
    for story in islice(Stories(one, other).all(), MOST_STORIES):
        stream = timed(story)
        if completed(one, stream) - (completed(other, stream) if other else set()):
            return DirectionWitness(stream)
    return None


def completed(query: CorrelationQuery, stream: Sequence[SourceEvent]) -> set[EventRef]:
    """The events at which a correlation holds."""
    found: dict[str, list[Arrived]] = {}
    for source in query.sources:
        events = [each.event for each in stream if each.source == source.name]
        found |= observe([q for q in query.events if q.source.name == source.name], events)
    return {each.event for each in completions(query, found).completed}


def timed(story: Story) -> tuple[SourceEvent, ...]:
    """The events, each with its time in the field that its source reads it from."""
    return tuple(_told(each) for each in story)


def _told(each: TimedEvent) -> SourceEvent:
    source = each.source
    event = dict(each.event)
    *way, last = source.renamed.get(source.time_field) or source.time_field.split(".")
    at = event
    for part in way:
        at[part] = dict(at.get(part) or {})
        at = at[part]
    at[last] = time_value(BEGIN + each.time, source.time_unit)
    return SourceEvent(source.name, event)
