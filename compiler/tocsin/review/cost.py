"""What a detection asks of engines, as far as that is known before it runs: counted."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.ir.nodes import Keyword, Leaf
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.walk import nodes_of
from tocsin.model.detection import duration
from tocsin.plural import plural


def cost(query: Resolved) -> str:
    """The tests of an event, and how long matches are kept, for whom."""
    events = (query,) if isinstance(query, Query) else query.events
    tests = sum(isinstance(n, Leaf | Keyword) for each in events for n in nodes_of(each.matches))
    return "; ".join((f"{plural(tests, 'test')} of an event", *_kept(query)))


def _kept(query: Resolved) -> Iterator[str]:
    """What correlations keep in state, the outermost first."""
    if not isinstance(query, CorrelationQuery):
        return
    asked = query.correlation
    names = ", ".join(ref.name for ref in asked.group_by)
    yield f"keeps matches of {duration(asked.timespan_ms)}" + (f" by {names}" if names else "")
    for base in query.bases:
        yield from _kept(base)
