"""Correlations on a real Flink cluster: many streams far apart in time make one job."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from correlation_cases import (
    LEFT,
    RIGHT,
    SOURCES,
    chains,
    correlated,
    difference,
    drawn,
    events_in,
    holding,
    numbered,
    packed,
    query_in,
    streams,
    time_text,
    wanted,
    wanted_apart,
)
from engines.flink_deployed import BOUNDED, started
from patience import SECONDS
from tocsin.compile import Refusal, compile_query
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType, Ref
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.ir.stream import (
    LATE,
    WITHOUT_KEY,
    WITHOUT_TIME,
    arrivals,
    clock_of,
    completions,
    observe,
)
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import TimeUnit
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.bounded.run import CHUNK
from tocsin_flink_sql.bounded.topics import produce, records
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_kafka.topics import temporary
from whole import WHOLE

pytestmark = pytest.mark.engine

UNIT = TimeUnit.NANOSECONDS
"""Of the times of one source; the other has texts."""
QUERIES, STREAMS = (24, 60) if WHOLE else (12, 40)


def test_flink_equals_the_evaluator(endpoints: EngineAddresses, tmp_path: Path) -> None:
    """Every query on every stream, in the form that is deployed: what matches, what is left out."""
    queries = [query_in(query, UNIT) for query in numbered(drawn(chains(), QUERIES))]
    made = [compile_query(query, FlinkSql()) for query in queries]
    assert {each.reason for each in made if isinstance(each, Refusal)} <= {"array-value"}
    taken = [q for q, each in zip(queries, made, strict=True) if isinstance(each, Artifact)]
    streams_ = drawn(streams(), STREAMS)
    apart = [events_in(events, UNIT) for events in streams_]
    events = events_in(packed(streams_), UNIT)
    rows = told(taken, events, endpoints, tmp_path)
    got = sorted(
        Match(r["detection_id"], r["offset"], tuple(r["group"] or ()))
        for r in rows
        if not r["reason"]
    )
    expected = [match for query in taken for match in wanted_apart(query, apart)]
    assert not (wrong := difference(queries, events, got, expected)), wrong
    assert len(expected) > 10 * len(taken)

    names = ("detection_id", "source", "offset", "reason")
    found = {tuple(row[name] for name in names) for row in rows if row["reason"]}
    assert found == {each for query in taken for each in left_out(query, events)}
    assert {each[-1] for each in found} == {LATE, WITHOUT_KEY, WITHOUT_TIME}
    for row in rows:
        # The event is told where it is evidence, or is published.
        has = row["event"] is not None
        assert has == (row["reason"] in (None, LATE))
        assert not has or json.loads(row["event"]) == events[row["offset"]]


def compiled(*queries: CorrelationQuery) -> tuple[Artifact, ...]:
    """The artifacts of queries that Flink takes."""
    made = [compile_query(query, FlinkSql()) for query in queries]
    return tuple(each for each in made if isinstance(each, Artifact))


def at_least(number: int, *, rules: int = 1, name: str = "user") -> Correlation:
    """So many events of a group within ten seconds."""
    group = (Ref(name, (name,) * rules),)
    bounds = (Bound(BoundOp.GTE, str(number)),)
    return Correlation(CorrelationType.EVENT_COUNT, rules, 10_000, group, bounds)


def stream(*told: tuple[int, str]) -> tuple[dict[str, Any], ...]:
    """Events of one user at these milliseconds, of these kinds."""
    return tuple({"user": "u", "kind": kind, "time": time_text(at)} for at, kind in told)


def test_jobs_of_correlations_do_not_see_each_other(endpoints: EngineAddresses) -> None:
    two = correlated(at_least(2), [holding("a")])
    halves = [stream((0, "a")), stream((1000, "a")), stream((0, "a"), (1000, "a"))]
    jobs = [Job((LEFT,), compiled(two), events) for events in halves]
    assert FlinkSql().run(jobs, endpoints) == [[], [], [Match("c", 1, ("u",))]]


def test_an_idle_source_holds_nothing_back_at_the_end(endpoints: EngineAddresses) -> None:
    bases = [holding("a"), holding("x", RIGHT)]
    both = correlated(at_least(2, rules=2), bases)
    events = stream((0, "a"), (10_000, "a"), (20_001, "a"))
    jobs = [Job(SOURCES, compiled(both), events)]
    assert FlinkSql().run(jobs, endpoints) == [[Match("c", 1, ("u",))]]


def test_nothing_is_late_where_no_lateness_is_declared(endpoints: EngineAddresses) -> None:
    """Events three days out of order; with a lateness, an event on its very border counts."""
    patient = replace(LEFT, lateness_ms=None)
    three_days = 3 * 86_400_000
    events = stream((three_days, "a"), (0, "a"), (5000, "a"), (three_days - 30_000, "a"))
    events += stream((three_days - 30_001, "a"), (three_days - 29_999, "a"))
    for of in (patient, LEFT):
        query = correlated(at_least(2), [holding("a", of)])
        [got] = FlinkSql().run([Job((of,), compiled(query), events)], endpoints)
        assert got == wanted(query, events)
        assert [match.event for match in got] == ([2, 3, 5] if of is patient else [5])


Told = set[tuple[str, str, int, str]]
"""Detection, source, number of the event, reason."""


def left_out(query: CorrelationQuery, events: Sequence[dict[str, Any]]) -> Told:
    """What the evaluator says, of the bases of all levels."""
    found: Told = set()
    seen = observe(query.events, events)
    for level in levels(query):
        for rule, base in enumerate(level.bases):
            keys = [ref.fields[rule] for ref in level.correlation.group_by]
            if isinstance(base, Query):
                of = arrivals(base.source, [View(event) for event in events], clock_of(base.source))
                every = [
                    (a.arrived, a.reason) for a in of if predicate(base.matches)(a.arrived.view)
                ]
            else:
                every = [(each, "") for each in completions(base, seen).completed]
            for each, reason in every:
                lacks = any(len(each.view.texts(key) or ()) != 1 for key in keys)
                if why := reason or (lacks and WITHOUT_KEY):
                    found.add((query.detection.id, *each.event, why))
    return found


def levels(query: CorrelationQuery) -> Iterator[CorrelationQuery]:
    """A correlation, and its bases that are correlations."""
    yield query
    for base in query.bases:
        if isinstance(base, CorrelationQuery):
            yield from levels(base)


def told(
    queries: Sequence[CorrelationQuery],
    events: Sequence[dict[str, Any]],
    endpoints: EngineAddresses,
    folder: Path,
) -> list[dict[str, Any]]:
    """The rows of what is deployed, on events that end; every source has them all."""
    servers, run = endpoints.addresses["kafka"], f"tocsin-told-{uuid4().hex}"
    read, to = f"{run}-events", f"{run}-found"
    with temporary(servers, [read, to]), ClusterRest(endpoints.addresses["flink_rest"]) as cluster:
        produce(servers, read, events)
        for at in range(0, len(queries), CHUNK):
            some, reading = queries[at : at + CHUNK], {**BOUNDED, "topic": read}
            cluster.wait_finished(started(some, endpoints, folder, to, reading), SECONDS)
        return records(servers, to)
