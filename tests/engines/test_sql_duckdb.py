"""Portable SQL on DuckDB: a fixed table, the contract's cases, all code points."""

import sys

import duckdb

from ir.table import Row, rows
from sql_cases import nasty, query, source, table
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr, negate
from tocsin.ir.text import fold
from tocsin.model.artifact import Job, Match
from tocsin.scan.infer import infer
from tocsin_batch_sql.backend import BatchSql

SOURCE = source()


def test_every_leaf_and_its_negation_on_nasty_events() -> None:
    events = nasty(SOURCE)
    exprs: list[Expr] = [e for leaf in table(SOURCE) for e in (leaf, negate(leaf))]
    made = [compile_query(query(e, SOURCE, f"d{n}"), BatchSql()) for n, e in enumerate(exprs)]
    artifacts = [a for a in made if not isinstance(a, Refusal)]
    refused = {(r.reason, r.detail) for r in made if isinstance(r, Refusal)}
    assert {reason for reason, _ in refused} <= {"text-of-double"}
    [found] = BatchSql().run([Job((SOURCE,), tuple(artifacts), tuple(events))])
    wanted = {
        Match(a.detection, n)
        for a in artifacts
        for n, event in enumerate(events)
        if evaluate(exprs[int(a.detection[1:])], event)
    }
    differing = sorted(set(found) ^ wanted)
    assert not differing, [(exprs[int(m.detection[1:])], events[m.event]) for m in differing[:5]]
    assert len(artifacts) > 200


ROWS = [row for row in rows() if not row.refused]


def test_the_cases_of_the_contract() -> None:
    made = [(row, job) for row in ROWS if (job := _job(row))]
    found = BatchSql().run([job for _, job in made])
    wrong = [row.name for (row, _), m in zip(made, found, strict=True) if bool(m) != row.match]
    assert wrong == []
    assert len(made) > 0.95 * len(ROWS)


def _job(row: Row) -> Job | None:
    """A case over an inferred source; None where the backend refuses it."""
    expr, _ = row.lower()
    fields = query(expr, SOURCE).fields
    inferred, events = infer(fields, [row.event], keywords=True)
    made = compile_query(query(expr, inferred), BatchSql())
    if isinstance(made, Refusal):
        assert made.reason == "number-out-of-range", (row.name, made)
        return None
    return Job((inferred,), (made,), tuple(events))


def test_lower_folds_every_code_point_as_the_evaluator_does() -> None:
    with duckdb.connect() as connection:
        lowered = connection.execute(
            "SELECT n, LOWER(CHR(n::INT)), LOWER('A' || CHR(n::INT)) FROM RANGE(1, ?) AS r(n)"
            " WHERE n NOT BETWEEN 55296 AND 57343",
            [sys.maxunicode + 1],
        ).fetchall()
    assert len(lowered) == sys.maxunicode - 2048
    wrong = [n for n, one, two in lowered if one != fold(chr(n)) or two != "a" + fold(chr(n))]
    assert wrong == []
