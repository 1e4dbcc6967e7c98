"""What a scan's rules had to look at: rules without events of their log source, or without fields.

A rule that found nothing because there was nothing to look at is no rule that looked and found
nothing, and a scan says which is which.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.ir.evaluate import Predicate, View, predicate
from tocsin.ir.nodes import Expr, IsNull, Keyword, Leaf
from tocsin.ir.query import Query, Resolved
from tocsin.ir.text import lookup, texts
from tocsin.ir.walk import fields_of, kinds_of, nodes_of
from tocsin.model.artifact import Event

MOST_KEYS = 50_000
"""Different values of the fields that tell log sources, whose answer is kept."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`without_events`, `blind`: rules on events. `missed`: fields of blind rules, and of how many.

    A rule is blind where events of its log source have none of its fields.
    """

    without_events: tuple[Query, ...]
    blind: tuple[Query, ...]
    missed: Counter[str]


def reach(queries: Iterable[Resolved], events: Iterable[Event]) -> Reach:
    """What these events have for the rules, those below correlations included."""
    rules = {q.detection.id: q for each in queries if each.alerts for q in each.events}
    by_where: dict[Expr, list[Query]] = defaultdict(list)
    for query in rules.values():
        by_where[query.where].append(query)
    parts = [_Part(where, tuple(found)) for where, found in by_where.items()]
    _look(parts, events)
    blind = tuple(q for part in parts if part.events for q in part.blind())
    missed = Counter(name for query in blind for name in fields_of(query.expr))
    return Reach(tuple(q for p in parts if not p.events for q in p.queries), blind, missed)


@dataclass(slots=True)
class _Part:
    """The rules of a log source. `flat`, `dotted`: fields that no event of it had so far."""

    where: Expr
    queries: tuple[Query, ...]
    events: int = 0
    flat: set[str] = field(default_factory=set)
    dotted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.flat = {name for query in self.queries for name in fields_of(query.expr)}
        self.dotted = {name for name in self.flat if "." in name}

    def see(self, event: Event) -> None:
        self.events += 1
        if not self.flat:
            return
        found = {name for name in self.flat & event.keys() if event[name] is not None}
        found |= {name for name in self.dotted if lookup(event, name) is not None}
        self.flat -= found
        self.dotted -= found

    def blind(self) -> Iterator[Query]:
        for query in self.queries:
            names = fields_of(query.expr)
            if names and self.flat.issuperset(names) and Keyword.__name__ not in _kinds(query):
                yield query


def _kinds(query: Query) -> set[str]:
    return set(kinds_of(query.expr))


def _look(parts: Sequence[_Part], events: Iterable[Event]) -> None:
    """Show each part its events; what tells log sources apart is asked once for equal values."""
    key_of = _keys([part.where for part in parts])
    asked: list[tuple[Predicate, _Part]] = [(predicate(part.where), part) for part in parts]
    answers: dict[tuple[Any, ...], list[_Part]] = {}
    for event in events:
        key = key_of(event)
        mine = answers.get(key)
        if mine is None:
            view = View(event)
            mine = [part for holds, part in asked if holds(view)]
            if len(answers) < MOST_KEYS:
                answers[key] = mine
        for part in mine:
            part.see(event)


def _keys(wheres: Sequence[Expr]) -> Callable[[Event], tuple[Any, ...]]:
    """What an event has for these conditions: equal only where they all say the same.

    Of a field of which they ask only whether it is there, no more is taken.
    """
    nodes = [node for where in wheres for node in nodes_of(where)]
    present = {node.field for node in nodes if isinstance(node, IsNull)}
    compared = {node.field for node in nodes if isinstance(node, Leaf)}
    named = {name for where in wheres for name in fields_of(where)}
    told, there = sorted((named - present) | compared), sorted(present - compared)

    def key_of(event: Event) -> tuple[Any, ...]:
        values = [_value(lookup(event, name)) for name in told]
        return (*values, *[_is_there(lookup(event, name)) for name in there])

    return key_of


def _value(value: Any) -> Any:
    return value if type(value) is str or value is None else (type(value).__name__, repr(value))


def _is_there(value: Any) -> bool:
    return texts(value) is not None
