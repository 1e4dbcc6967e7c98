"""Portable SQL on DuckDB: a fixed table, all code points. The contract: `tests/conformance`."""

from sql_cases import nasty, query, source, table
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr, negate
from tocsin.model.artifact import Job, Match
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
