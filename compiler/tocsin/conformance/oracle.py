"""What the reference evaluator says of the queries of a group."""

from __future__ import annotations

from tocsin.conformance.engine import CaseHits
from tocsin.conformance.gather import CaseGroup
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.stream import completions, observe


def expected(group: CaseGroup) -> dict[str, CaseHits]:
    """For each query's id its matches on all events of the group."""
    views = [View(event, group.source.renamed) for event in group.events]
    queries = {placed.query.detection.id: placed.query for placed in group.placed}
    return {name: _hits(query, group, views) for name, query in queries.items()}


def _hits(query: Resolved, group: CaseGroup, views: list[View]) -> CaseHits:
    if isinstance(query, CorrelationQuery):
        found = observe(query.events, group.events)
        done = completions(query, found).completed
        return frozenset((each.event[1], each.group) for each in done)
    return _stateless(query, views)


def _stateless(query: Query, views: list[View]) -> CaseHits:
    holds = predicate(query.matches)
    return frozenset((number, ()) for number, view in enumerate(views) if holds(view))
