"""Events that complete a correlation, tried out one set after the other; chains included.

A *story* is events with their times; its last event completes a base, or is its match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, product
from typing import Any

from tocsin.direction.events import Sides, excess
from tocsin.direction.figures import COUNTING, MOST_RULES, figures, occurring, sets
from tocsin.direction.verdict import SourceEvent
from tocsin.ir.correlation import Correlation, CorrelationType, Ref, within
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.text import number_text
from tocsin.model.source import Source

MOST_EVENTS = 300
MOST_CHOICES = 12
TOGETHER = (CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED)


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event of a source, and its time in milliseconds."""

    time: int
    source: Source
    event: Mapping[str, Any]

    @property
    def told(self) -> SourceEvent:
        """Without its time."""
        return SourceEvent(self.source.name, self.event)


Story = tuple[TimedEvent, ...]


@dataclass(frozen=True, slots=True)
class StoryPart:
    """A story for the base at a position, and the value that its last event has."""

    position: int
    story: Story
    value: str


@dataclass(frozen=True, slots=True)
class Way:
    """How parts become a story.

    Over which span; `apart`, with different keys where only the other correlation has them;
    `over`, with keys and values in the place of what stands there.
    """

    span: int
    apart: bool
    over: bool


@dataclass(slots=True)
class Stories:
    """Stories for a correlation; `other` is the one that shall not hold on them."""

    one: CorrelationQuery
    other: CorrelationQuery | None
    _bases: list[list[Story]] = field(default_factory=list)

    def all(self) -> Iterator[Story]:
        """The most telling first."""
        self._bases = [list(self._of_base(n, base)) for n, base in enumerate(self.one.bases)]
        spans = dict.fromkeys((self.one.correlation.timespan_ms, 0))
        ways = [Way(*way) for way in product(spans, (False, True), (False, True))]
        for parts, way in product(self._choices(), ways):
            yield tuple(self._placed(parts, way))

    def _of_base(self, position: int, base: Resolved) -> Iterator[Story]:
        """First what the other's base does not match, then anything."""
        bases = self.other.bases if self.other else ()
        against = bases[position] if position < len(bases) else None
        for other in (against, None) if against else (None,):
            yield from islice(matching(base, other), 1)

    def _choices(self) -> Iterator[list[StoryPart]]:
        correlation = self.one.correlation
        if correlation.type in TOGETHER:
            return self._together(correlation)
        if correlation.type in COUNTING:
            return self._counted(correlation)
        return self._valued(correlation)

    @property
    def _figures(self) -> list[Any]:
        return figures(*[each.correlation for each in (self.one, self.other) if each])

    def _each(self) -> Iterator[tuple[int, Story]]:
        for position, stories in enumerate(self._bases):
            yield from ((position, story) for story in stories)

    def _valued(self, correlation: Correlation) -> Iterator[list[StoryPart]]:
        """One event with a number for which the condition holds."""
        numbers = [figure for figure in self._figures if within(correlation.bounds, figure)]
        for (position, story), number in product(self._each(), numbers):
            yield [StoryPart(position, story, number_text(float(number)))]

    def _counted(self, correlation: Correlation) -> Iterator[list[StoryPart]]:
        """So many events, or values, that the condition holds; first where the other's does not."""
        bounds = self.other.correlation.bounds if self.other else ()
        counts = [n for n in self._figures if within(correlation.bounds, n) and n <= MOST_EVENTS]
        counts.sort(key=lambda n: (within(bounds, n), n))
        for count, (position, story) in product(filter(None, counts), self._each()):
            yield [StoryPart(position, story, f"value {n}") for n in range(int(count))]

    def _together(self, correlation: Correlation) -> Iterator[list[StoryPart]]:
        """A story for each rule of a set of rules for which the condition holds."""
        wanted = [frozenset(range(correlation.rules))]
        if correlation.type is CorrelationType.TEMPORAL and correlation.rules <= MOST_RULES:
            fitting = (each for each in sets(correlation.rules) if occurring(correlation, each))
            wanted = sorted(fitting, key=len)
        for rules in wanted:
            ordered = sorted(rules)
            for stories in islice(product(*(self._bases[n] for n in ordered)), MOST_CHOICES):
                yield [StoryPart(n, story, "1") for n, story in zip(ordered, stories, strict=True)]

    # --- times, keys and values ---------------------------------------------------------------

    def _placed(self, parts: Sequence[StoryPart], way: Way) -> Iterator[TimedEvent]:
        """The events of all parts, whose last ones are evenly spread over a span."""
        last = max(len(parts) - 1, 1)
        found = [self._moved(part, n, way.span * n // last, way) for n, part in enumerate(parts)]
        yield from sorted(chain.from_iterable(found), key=lambda each: each.time)

    def _moved(self, part: StoryPart, number: int, time: int, way: Way) -> Iterator[TimedEvent]:
        keys = dict.fromkeys(_fields(self.one.correlation.group_by, part.position), "someone")
        if way.apart:
            keys |= dict.fromkeys(self._only_theirs(part.position), f"another {number}")
        values = dict.fromkeys(_fields(self.one.correlation.values, part.position), part.value)
        later = time - part.story[-1].time
        for at, each in enumerate(part.story, 1):
            given = {**keys, **values} if at == len(part.story) else keys
            event = _copied(each.event)
            for name, value in given.items():
                _put(event, each.source, name, value, over=way.over)
            yield replace(each, time=each.time + later, event=event)

    def _only_theirs(self, position: int) -> list[str]:
        """Keys by which only the other groups."""
        theirs = self.other.correlation.group_by if self.other else ()
        mine = _fields(self.one.correlation.group_by, position)
        fields = [ref.fields[position] for ref in theirs if position < len(ref.fields)]
        return [name for name in fields if name not in mine]


def matching(base: Resolved, other: Resolved | None) -> Iterator[Story]:
    """Stories that may complete a base, or match it, and not the other one."""
    if isinstance(base, CorrelationQuery):
        yield from Stories(base, other if isinstance(other, CorrelationQuery) else None).all()
        return
    same = isinstance(other, Query) and other.source.name == base.source.name
    against = other if isinstance(other, Query) and same else None
    witness = excess(Sides.of(base, against)).witness
    if witness:
        yield (TimedEvent(0, base.source, witness.events[0].event),)


def _fields(refs: Sequence[Ref], position: int) -> list[str]:
    return [ref.fields[position] for ref in refs]


def _copied(value: Any) -> Any:
    return {k: _copied(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _put(event: dict[str, Any], source: Source, name: str, value: str, *, over: bool) -> None:
    """A text into a field; over another, which the rule may ask for, only if that is wanted."""
    *way, last = source.renamed.get(name) or ((name,) if name in event else name.split("."))
    at = event
    for part in way:
        below = at.setdefault(part, {})
        if not isinstance(below, dict):
            return
        at = below
    if over or not isinstance(at.get(last), str):
        at[last] = value
