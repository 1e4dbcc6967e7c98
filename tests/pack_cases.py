"""Detections with events and the evaluator's matches, for engines that run packs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from differential.cases import kept
from differential.seed import SEED
from differential.world import SOURCE, query_of
from sql_cases import nasty, query, source, table
from tocsin.backend.base import Backend
from tocsin.backend.forms import PackBackend
from tocsin.compile import compile_query
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import negate
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact, Match
from tocsin.model.source import Source
from tocsin.pack import Part

Event = dict[str, Any]


@dataclass(frozen=True)
class PackCase:
    """Parts of a source, events as its table gets them, and the right matches."""

    source: Source
    parts: list[Part]
    events: list[Event]
    wanted: set[Match]


def generated(backend: Any, count: int) -> PackCase:
    """Generated detections that the backend's statements can say, and all their events."""
    said = (case for case in kept(SEED) if _compiles(query_of(case.expr, "d"), backend))
    cases = list(islice(said, count))
    queries = [query_of(case.expr, f"d{n}") for n, case in enumerate(cases)]
    return _case(backend, SOURCE, queries, [event for case in cases for event in case.events])


def every_leaf(backend: Any) -> PackCase:
    """Each leaf that a type of column can be asked, and its negation, on nasty events."""
    of = source()
    exprs = [e for leaf in table(of) for e in (leaf, negate(leaf))]
    queries = [query(e, of, f"d{n}") for n, e in enumerate(exprs)]
    return _case(backend, of, [q for q in queries if _compiles(q, backend)], list(nasty(of)))


def _compiles(query: Query, backend: Backend) -> bool:
    return isinstance(compile_query(query, backend), Artifact)


def _case(
    backend: PackBackend, of: Source, queries: Iterable[Query], events: Sequence[Event]
) -> PackCase:
    queries = list(queries)
    tests = [(q.detection.id, predicate(q.matches)) for q in queries]
    views = [View(event, of.renamed) for event in events]
    wanted = {
        Match(name, number)
        for number, view in enumerate(views)
        for name, holds in tests
        if holds(view)
    }
    return PackCase(of, list(map(backend.part, queries)), list(events), wanted)
