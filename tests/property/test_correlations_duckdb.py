"""Any correlation on any stream: DuckDB finds just what the evaluator finds."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from correlation_cases import (
    chains,
    difference,
    events_in,
    numbered,
    packed,
    query_in,
    sources_in,
    streams,
    wanted,
    wanted_apart,
)
from tocsin.compile import compile_query
from tocsin.ir.query import CorrelationQuery
from tocsin.model.artifact import Artifact, Job
from tocsin.model.source import TimeUnit
from tocsin_batch_sql.duckdb.backend import BatchSql

UNITS = [unit for unit in TimeUnit if unit]


@settings(max_examples=12)
@given(
    st.lists(chains(), min_size=8, max_size=8),
    st.lists(streams(), min_size=3, max_size=3),
    st.sampled_from(UNITS),
)
def test_duckdb_equals_the_evaluator(
    queries: list[CorrelationQuery], given_: list[list[dict[str, Any]]], unit: TimeUnit
) -> None:
    queries = [query_in(query, unit) for query in numbered(queries)]
    given_ = [events_in(events, unit) for events in given_]
    made = [compile_query(query, BatchSql()) for query in queries]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    assert len(artifacts) == len(queries), made
    found = BatchSql().run([Job(sources_in(unit), artifacts, tuple(events)) for events in given_])
    for events, got in zip(given_, found, strict=True):
        expected = [match for query in queries for match in wanted(query, events)]
        assert not (told := difference(queries, events, got, expected)), told


@given(chains(), st.lists(streams(), max_size=4))
def test_streams_far_apart_do_not_see_each_other(
    query: CorrelationQuery, given_: list[list[dict[str, Any]]]
) -> None:
    assert wanted(query, packed(given_)) == wanted_apart(query, given_)
