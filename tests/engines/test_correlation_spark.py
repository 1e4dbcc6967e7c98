"""Correlations on Spark: many streams far apart in time make one job."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from correlation_cases import (
    LEFT,
    chains,
    correlated,
    difference,
    drawn,
    events_in,
    holding,
    numbered,
    packed,
    query_in,
    sources_in,
    streams,
    time_text,
    wanted_apart,
)
from sql_cases import query
from tocsin.compile import compile_query
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType
from tocsin.ir.nodes import Const
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import TimeUnit
from tocsin_batch_sql.spark.backend import SparkSql
from tocsin_batch_sql.spark.session import session
from tocsin_batch_sql.spark.tables import definitions
from whole import WHOLE

pytestmark = pytest.mark.engine

UNIT = TimeUnit.SECONDS
"""Of the times of one source; the other has texts."""
QUERIES, STREAMS = (24, 30) if WHOLE else (10, 30)


def test_spark_equals_the_evaluator() -> None:
    queries = [query_in(query, UNIT) for query in numbered(drawn(chains(), QUERIES))]
    streams_ = drawn(streams(), STREAMS)
    apart = [events_in(events, UNIT) for events in streams_]
    made = [compile_query(query, SparkSql()) for query in queries]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    assert len(artifacts) == len(queries), made
    events = events_in(packed(streams_), UNIT)
    [got] = SparkSql().run([Job(sources_in(UNIT), artifacts, tuple(events))])
    expected = [match for query in queries for match in wanted_apart(query, apart)]
    assert not (told := difference(queries, events, got, expected)), told
    assert len(expected) > 5 * len(queries)


def test_the_deployed_view_over_several_files(tmp_path: Path) -> None:
    """Nothing is late at rest; a row is the same event in every scan of a statement."""
    of = replace(LEFT, table="left_at_rest", lateness_ms=None)
    bounds = (Bound(BoundOp.EQ, "2"),)
    shared = Correlation(CorrelationType.EVENT_COUNT, 2, 10_000, bounds=bounds)
    both = correlated(shared, [holding("a", of), holding("b", of)])
    events = [{"kind": "ab", "time": time_text(1000 * n)} for n in (40, 0, 9, 30, 19)]
    for number, event in enumerate(events):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(event) + "\n")
    made = compile_query(both, SparkSql())
    assert isinstance(made, Artifact)
    spark = session()
    for text in definitions(of).replace("`left_at_rest/", f"`{tmp_path}/").split(";\n")[:-1]:
        spark.sql(text)
    found = spark.sql(made.body.decode()).collect()
    times = [n * 1000 + 1767225600000 for n in (9, 19, 40)]
    assert sorted(row["~time"] for row in found) == times


def test_jobs_of_both_kinds_one_after_the_other() -> None:
    bounds = (Bound(BoundOp.GTE, "2"),)
    two = Correlation(CorrelationType.EVENT_COUNT, 1, 1000, bounds=bounds)
    correlation = compile_query(correlated(two, [holding("a")]), SparkSql())
    all_events = compile_query(query(Const(value=True), LEFT, "all"), SparkSql())
    assert isinstance(correlation, Artifact)
    assert isinstance(all_events, Artifact)
    events = tuple({"kind": "a", "time": f"2026-01-01T00:00:0{n}Z"} for n in (0, 1, 5))
    jobs = [Job((LEFT,), (each,), events) for each in (correlation, all_events, correlation)]
    once = [Match("c", 1)]
    assert SparkSql().run(jobs) == [once, [Match("all", n) for n in range(3)], once]
