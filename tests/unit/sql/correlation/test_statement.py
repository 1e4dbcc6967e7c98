"""Correlations as SQL: what the statements look like and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from correlation_cases import LEFT, RIGHT, correlated, holding
from tocsin.backend.base import Backend
from tocsin.compile import Refusal, compile_query
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType, Ref
from tocsin.ir.query import CorrelationQuery, Resolved, rebound
from tocsin.model.artifact import Artifact
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.sql.dialect import printed
from tocsin_flink_sql.sql.intervals import interval

BACKENDS: list[Backend] = [BatchSql(), FlinkSql()]


def many(number: str = "3", **more: Any) -> Correlation:
    """At least so many events within five minutes."""
    bounds = (Bound(BoundOp.GTE, number),)
    kind = more.pop("kind", CorrelationType.EVENT_COUNT)
    return Correlation(kind, more.pop("rules", 1), 300_000, bounds=bounds, **more)


def by(*fields: str) -> tuple[Ref, ...]:
    return tuple(Ref(field, (field,)) for field in fields)


def sql(query: CorrelationQuery, backend: Backend) -> str:
    made = compile_query(query, backend)
    assert isinstance(made, Artifact), made
    assert made.stateful
    return made.body.decode()


def test_a_statement_is_readable() -> None:
    base = rebound(holding("a"), replace(LEFT, fits=True))
    query = correlated(many(group_by=by("user")), [base])
    assert (
        sql(query, BatchSql())
        == """\
WITH "base_1" AS (
  SELECT
    CAST('left' AS TEXT) AS "~source",
    "~event",
    "~time",
    "~late",
    "user" AS "key_1"
  FROM (
    SELECT
      *,
      LOWER("kind") AS "kind~"
    FROM "left_events"
  ) AS "event"
  WHERE
    CONTAINS("kind~", 'a')
), "hits" AS (
  SELECT
    "~source",
    "~event",
    "~time",
    "key_1"
  FROM "base_1"
  WHERE
    NOT "~time" IS NULL AND NOT "~late" AND NOT "key_1" IS NULL
), "windows" AS (
  SELECT
    *,
    COUNT(*) OVER "window" AS "events"
  FROM "hits"
  WINDOW "window" AS (
    PARTITION BY "key_1"
    ORDER BY "~time"
    RANGE BETWEEN 300000 PRECEDING AND CURRENT ROW
  )
), "reasons" AS (
  SELECT
    "~source",
    "~event",
    CASE
      WHEN "~time" IS NULL
      THEN 'without time'
      WHEN "~late"
      THEN 'late'
      WHEN "key_1" IS NULL
      THEN 'without group key'
    END AS "~reason"
  FROM "base_1"
), "left_out" AS (
  SELECT DISTINCT
    *
  FROM "reasons"
  WHERE
    NOT "~reason" IS NULL
), "judged" AS (
  SELECT
    "~source",
    "~event",
    "~time",
    "key_1",
    CASE WHEN "events" >= 3 THEN "~time" - 300000 END AS "~from"
  FROM "windows"
)
SELECT
  'c' AS "detection_id",
  "~source",
  "~event",
  "~time",
  "key_1" AS "user",
  "~from"
FROM "judged"
WHERE
  NOT "~from" IS NULL
"""
    )


def test_the_window_is_an_interval_on_flink_and_the_group_a_column() -> None:
    text = sql(correlated(many(group_by=by("user")), [holding("a")]), FlinkSql())
    assert "RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW" in text
    assert "ARRAY[`key_1`] AS `group`" in text
    assert "CURRENT_WATERMARK(`~time`)" in text
    alone = sql(correlated(many(), [holding("a")]), FlinkSql())
    assert "CAST(NULL AS ARRAY<STRING>) AS `group`" in alone
    assert "PARTITION BY" not in alone


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_events_are_merged_only_where_bases_may_share_them(backend: Backend) -> None:
    two = many(rules=2)
    same = correlated(two, [holding("a"), holding("b")])
    apart = correlated(two, [holding("a"), holding("b", RIGHT)])
    assert "first_rank" in sql(same, backend)
    assert "first_rank" not in sql(apart, backend)
    aliased = many(rules=2, group_by=(Ref("who", ("user", "User")),))
    chained = correlated(many(), [correlated(aliased, apart.bases, "below")], "above")
    assert "base_1_key_1" in sql(chained, backend)
    assert sql(chained, backend).count("first_rank") == 2


def refused(correlation: Correlation, *bases: Resolved, backend: Backend) -> tuple[str, str]:
    made = compile_query(correlated(correlation, bases or [holding("a")]), backend)
    assert isinstance(made, Refusal)
    return made.node, made.reason


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_what_cannot_be_said_exactly_is_refused(backend: Backend) -> None:
    def reason(correlation: Correlation, *bases: Resolved) -> str:
        return refused(correlation, *bases, backend=backend)[1]

    if backend.name == "batch-sql":
        assert reason(many(group_by=by("ratio"))) == "text-of-double"
    assert reason(many(group_by=by("nowhere"))) == "unknown-field"
    assert reason(many("1" + "0" * 18)) == "number-out-of-range"
    average = many("0.0000000001", kind=CorrelationType.VALUE_AVG, values=by("amount"))
    assert reason(average) == "number-out-of-range"
    timeless = replace(LEFT, time_field="")
    assert reason(many(), holding("a", timeless)) == "no-event-time"


_AT_REST = 'FROM "judged"\nWHERE\n  NOT "~from" IS NULL'


@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [
        ({"gt": "2.5"}, '"events" > 2'),
        ({"gte": "2.5"}, '"events" >= 3'),
        ({"lt": "2.5"}, '"events" < 3'),
        ({"lte": "2.5"}, '"events" <= 2'),
        ({"eq": "2.5"}, "FALSE"),
        ({"neq": "2.5"}, 'NOT "events" IS NULL'),
        ({"gt": "-1", "lte": "2"}, '"events" > -1 AND "events" <= 2'),
    ],
)
def test_counts_are_compared_with_whole_numbers(bounds: dict[str, str], wanted: str) -> None:
    made = tuple(Bound(BoundOp(op), number) for op, number in bounds.items())
    correlation = Correlation(CorrelationType.EVENT_COUNT, 1, 1000, bounds=made)
    text = sql(correlated(correlation, [holding("a")]), BatchSql())
    assert text.rstrip().endswith(_AT_REST)
    assert f"CASE WHEN {wanted} THEN" in text


@pytest.mark.parametrize(
    ("milliseconds", "wanted"),
    [
        (0, "INTERVAL '0' SECOND"),
        (1000, "INTERVAL '1' SECOND"),
        (90_000, "INTERVAL '90' SECOND"),
        (300_000, "INTERVAL '5' MINUTE"),
        (99 * 86_400_000, "INTERVAL '99' DAY"),
        (101_000, "INTERVAL '0 00:01:41.000' DAY(1) TO SECOND(3)"),
        (30_001, "INTERVAL '0 00:00:30.001' DAY(1) TO SECOND(3)"),
        (365 * 86_400_000, "INTERVAL '365 00:00:00.000' DAY(3) TO SECOND(3)"),
    ],
)
def test_intervals(milliseconds: int, wanted: str) -> None:
    assert printed(interval(milliseconds)) == wanted
