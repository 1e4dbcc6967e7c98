"""Correlations on Spark: many streams far apart in time make one job."""

import pytest

from correlation_cases import (
    LEFT,
    SOURCES,
    chains,
    correlated,
    difference,
    drawn,
    holding,
    numbered,
    packed,
    streams,
    wanted_apart,
)
from sql_cases import query
from tocsin.compile import compile_query
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType
from tocsin.ir.nodes import Const
from tocsin.model.artifact import Artifact, Job, Match
from tocsin_batch_sql.spark.backend import SparkSql

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(SparkSql().missing()), reason="no Spark here: make setup-spark"),
]

QUERIES, STREAMS = 24, 30


def test_spark_equals_the_evaluator() -> None:
    queries = numbered(drawn(chains(), QUERIES))
    apart = drawn(streams(), STREAMS)
    made = [compile_query(query, SparkSql()) for query in queries]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    assert len(artifacts) == len(queries), made
    events = packed(apart)
    [got] = SparkSql().run([Job(SOURCES, artifacts, tuple(events))])
    expected = [match for query in queries for match in wanted_apart(query, apart)]
    assert not (told := difference(queries, events, got, expected)), told
    assert len(expected) > 5 * len(queries)


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
