"""Portable SQL on DuckDB: a fixed table, all code points. The contract: `tests/conformance`."""

from sql_cases import nasty, query, source, table
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr, Leaf, Text, negate
from tocsin.model.artifact import Artifact, Job, Match
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.duckdb.detection import of_those_that_fit

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


EVIL = ["a\nUNION ALL\nb", "'\nUNION ALL\n'", '"\nUNION ALL\n"', "''\nUNION ALL\n", "\nUNION ALL\n"]


def test_the_part_for_events_that_fit_is_cut_between_its_selects() -> None:
    exprs = [*table(SOURCE), *(Leaf("text", Text((value,), cased=True)) for value in EVIL)]
    made = [compile_query(query(e, SOURCE, f"d{n}"), BatchSql()) for n, e in enumerate(exprs)]
    for artifact in made:
        if isinstance(artifact, Artifact):
            statement = artifact.body.decode()
            first = of_those_that_fit(statement)
            assert statement.startswith(f"{first}\nUNION ALL\nSELECT\n")
            assert 'FROM "every_type__misfits"' in statement.removeprefix(first)
            assert "__misfits" not in first


def test_with_and_without_events_that_do_not_fit() -> None:
    made = [
        compile_query(query(Leaf("text", Text((value,), cased=True)), SOURCE, f"d{n}"), BatchSql())
        for n, value in enumerate(EVIL)
    ]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    fit = [{"text": value} for value in EVIL]
    drifted = [{"text": [value], "number": "no"} for value in EVIL]
    jobs = [Job((SOURCE,), artifacts, tuple(events)) for events in (fit, drifted, fit + drifted)]
    alone, others, both = BatchSql().run(jobs)
    wanted = [Match(f"d{n}", n) for n in range(len(EVIL))]
    assert alone == others == wanted
    assert both == sorted([*wanted, *(Match(f"d{n}", n + len(EVIL)) for n in range(len(EVIL)))])
