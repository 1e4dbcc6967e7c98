"""The pack on DuckDB: generated detections, sources of every type, tables that are not ours."""

from collections.abc import Sequence
from itertools import islice

from differential.cases import Case, Supply
from differential.seed import SEED
from differential.world import SOURCE, Event, query_of, row_of, traits_of
from sql_cases import nasty, query, source, table
from tocsin.backend.base import NoServers
from tocsin.backend.forms import PackBackend
from tocsin.compile import compile_query
from tocsin.ir.evaluate import View, evaluate, predicate
from tocsin.ir.nodes import negate
from tocsin.model.artifact import Artifact, Match
from tocsin.pack import Part
from tocsin_batch_sql.backend import BatchSql


def wanted(cases: Sequence[Case], events: Sequence[Event]) -> set[Match]:
    views = [View(event, SOURCE.renamed) for event in events]
    return {
        Match(f"d{n}", number)
        for n, case in enumerate(cases)
        for holds in [predicate(case.expr)]
        for number, view in enumerate(views)
        if holds(view)
    }


def supply(backend: PackBackend, count: int) -> tuple[list[Case], list[Part], list[Event]]:
    """Generated detections that the portable form takes as well, and all their events."""
    drawn = (
        case
        for case in Supply(SEED, traits_of("batch-sql")).cases()
        if isinstance(compile_query(query_of(case.expr, "d"), BatchSql()), Artifact)
    )
    cases = list(islice(drawn, count))
    parts = [backend.part(query_of(case.expr, f"d{n}")) for n, case in enumerate(cases)]
    return cases, parts, [event for case in cases for event in case.events]


def test_generated_detections() -> None:
    backend = BatchSql()
    cases, parts, events = supply(backend, 500)
    rows = [row_of(event) for event in events]
    found = backend.run_pack(SOURCE, parts, rows, NoServers())
    assert set(found) ^ wanted(cases, events) == set()
    assert found == sorted(set(found))
    assert len(found) > len(events)


def test_every_leaf_and_its_negation_on_nasty_events() -> None:
    of = source()
    events = nasty(of)
    exprs = [e for leaf in table(of) for e in (leaf, negate(leaf))]
    queries = [query(e, of, f"d{n}") for n, e in enumerate(exprs)]
    kept = [q for q in queries if isinstance(compile_query(q, BatchSql()), Artifact)]
    found = BatchSql().run_pack(of, list(map(BatchSql().part, kept)), list(events), NoServers())
    right = {
        Match(q.detection.id, n)
        for q in kept
        for n, event in enumerate(events)
        if evaluate(q.matches, event)
    }
    assert set(found) ^ right == set()
