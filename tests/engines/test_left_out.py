"""What correlations leave out is counted by every engine, by detection and reason."""

from collections.abc import Sequence
from typing import Any

import pytest

from correlation_cases import (
    RIGHT,
    SOURCES,
    chains,
    correlated,
    drawn,
    holding,
    missed,
    numbered,
    packed,
    streams,
    time_text,
)
from tocsin.backend.base import NoServers, WindowBackend
from tocsin.compile import compile_all
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType, Ref
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.ir.stream import LATE, WITHOUT_KEY, WITHOUT_TIME
from tocsin.model.artifact import Job
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.spark.backend import SparkSql

Told = dict[str, dict[str, int]]


def many(*bases: Resolved, name: str, key: tuple[str, ...]) -> CorrelationQuery:
    bounds = (Bound(BoundOp.GTE, "1"),)
    group = (Ref("key", key),)
    kind, rules = CorrelationType.EVENT_COUNT, len(bases)
    return correlated(Correlation(kind, rules, 10_000, group, bounds), bases, name)


USERS = many(holding("a"), name="users", key=("user",))
BOTH = many(holding("a"), holding("b"), name="both", key=("user", "User"))
APART = many(holding("a"), holding("b", RIGHT), name="apart", key=("user", "user"))
ABOVE = many(USERS, holding("b"), name="above", key=("User", "User"))
QUERIES = [USERS, BOTH, APART, ABOVE]
LATEST = {"kind": "x", "time": time_text(90_000)}
"""Of no rule: LEFT has a lateness of 30 s, RIGHT of 0."""


def some(number: int, **fields: Any) -> list[dict[str, Any]]:
    whole = {"time": time_text(90_000), "user": "u", "User": "v"}
    return [{key: value for key, value in {**whole, **fields}.items() if value}] * number


PLANTED = [
    LATEST,
    *some(3, kind="a", time="soon"),
    *some(2, kind="a", time=None),
    *some(7, kind="ab", time=["2026-01-01", "2026-01-02"]),
    *some(11, kind="a", time=time_text(59_999)),
    *some(13, kind="b", time=time_text(60_000)),
    *some(17, kind="a", user=None),
    *some(19, kind="b", User=None),
    *some(23, kind="ab", user=None, User=None),
    *some(29, kind="a", User=None),
    *some(31, kind="x", user=None, time=None),
]
WANTED: Told = {
    "users": {WITHOUT_TIME: 3 + 2 + 7, LATE: 11, WITHOUT_KEY: 17 + 23},
    "both": {WITHOUT_TIME: 3 + 2 + 7, LATE: 11, WITHOUT_KEY: 17 + 19 + 23},
    "apart": {WITHOUT_TIME: 12 + 7, LATE: 11 + 13, WITHOUT_KEY: (17 + 23) + 23},
    "above": {WITHOUT_TIME: 3 + 2 + 7, LATE: 11, WITHOUT_KEY: 17 + 19 + 23 + 29},
}
"""An event counts once, though it matches several bases; each source sees all events."""


def told(
    queries: Sequence[CorrelationQuery], events: Sequence[dict[str, Any]], backend: WindowBackend
) -> Told:
    """By correlation and reason."""
    made, refused = compile_all(queries, backend)
    assert not refused
    found: Told = {query.detection.id: {} for query in queries}
    job = Job(SOURCES, tuple(artifact for _, artifact in made), tuple(events))
    with backend.loaded(job, NoServers()) as loaded:
        for each in loaded.left_out():
            found[each.detection][each.reason] = each.events
    return found


def test_the_evaluator_counts_what_is_planted() -> None:
    assert {query.detection.id: missed(query, PLANTED) for query in QUERIES} == WANTED


@pytest.mark.parametrize(
    ("backend", "size"),
    [
        pytest.param(BatchSql(), 24, id="duckdb"),
        pytest.param(SparkSql(), 6, id="spark", marks=pytest.mark.engine),
    ],
)
def test_engines_count_what_the_evaluator_counts(backend: WindowBackend, size: int) -> None:
    assert told(QUERIES, PLANTED, backend) == WANTED
    queries = numbered(drawn(chains(), size))
    events = packed(drawn(streams(), size // 2))
    wanted = {query.detection.id: missed(query, events) for query in queries}
    assert told(queries, events, backend) == wanted
    assert len([reason for each in wanted.values() for reason in each]) > len(queries)
