"""Any expression on any events: Spark finds just what the evaluator finds, or refuses."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sql_cases import VALUES, events, expressions, query, source
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr
from tocsin.ir.text import scalars
from tocsin.model.artifact import Artifact, Job, Match
from tocsin_batch_sql.spark.backend import SparkSql

SOURCE = source(values=True)
ALLOWED = {"text-of-double", "number-out-of-range"}


@settings(max_examples=6)
@given(
    st.lists(expressions(SOURCE), min_size=10, max_size=25),
    st.lists(events(SOURCE), min_size=5, max_size=15),
)
def test_spark_equals_the_evaluator(exprs: list[Expr], given_: list[dict[str, Any]]) -> None:
    artifacts: list[Artifact] = []
    wanted: list[Match] = []
    for number, expr in enumerate(exprs):
        made = compile_query(query(expr, SOURCE, f"d{number}"), SparkSql())
        if isinstance(made, Refusal):
            assert made.reason in ALLOWED, made
            continue
        artifacts.append(made)
        wanted += [Match(f"d{number}", n) for n, e in enumerate(given_) if evaluate(expr, e)]
    rows = tuple({**event, VALUES: list(scalars(event))} for event in given_)
    [found] = SparkSql().run([Job((SOURCE,), tuple(artifacts), rows)])
    differing = set(found) ^ set(wanted)
    assert not differing, [
        (match, exprs[int(match.detection[1:])], given_[match.event]) for match in differing
    ]
