"""What a scan's rules had to look at: rules without events of their log source, or without fields.

A rule that found nothing because there was nothing to look at is no rule that looked and found
nothing, and a scan says which is which.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tocsin.ir.nodes import Expr, Keyword
from tocsin.ir.query import Query, Resolved
from tocsin.ir.text import lookup
from tocsin.ir.walk import fields_of, kinds_of
from tocsin.model.artifact import Event
from tocsin.scan.sorter import Sorter


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
    sorter = Sorter([(part.where, part) for part in parts])
    for event in events:
        for part in sorter.of(event):
            part.see(event)
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
