"""Portable SQL on a real Flink cluster: a fixed table, folding, event time, the planner."""

import pytest

from sql_cases import HOSTILE, nasty, query, source, table
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr, Leaf, Text, Wild, all_of, any_of, negate
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Column, FieldType, Source
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.bounded.explain import validate_statements
from tocsin_flink_sql.bounded.topics import produce
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions
from tocsin_flink_sql.sql.tables import TopicLocation, source_table, view
from tocsin_kafka.topics import temporary
from whole import share

pytestmark = pytest.mark.engine
SOURCE = source(arrays=False)


def test_every_leaf_on_nasty_events(endpoints: EngineAddresses) -> None:
    events = nasty(SOURCE)
    # Every other one is negated: each leaf costs Flink's planner a good part of a second.
    chosen = share(list(table(SOURCE)), 60)
    exprs: list[Expr] = [negate(e) if n % 2 else e for n, e in enumerate(chosen)]
    artifacts = _compiled(exprs)
    # Two jobs of one source share a topic: their events must not be mixed up.
    jobs = [Job((SOURCE,), artifacts, tuple(half)) for half in (events[:40], events[40:])]
    found = FlinkSql().run(jobs, endpoints)
    wanted = [_wanted(exprs, job) for job in jobs]
    differing = [
        (exprs[int(match.detection[1:])], job.events[match.event])
        for job, got, want in zip(jobs, found, wanted, strict=True)
        for match in sorted(set(got) ^ want)
    ]
    assert not differing, differing[:5]
    assert len(artifacts) == len(exprs)


def _compiled(exprs: list[Expr]) -> tuple[Artifact, ...]:
    made = [compile_query(query(e, SOURCE, f"d{n}"), FlinkSql()) for n, e in enumerate(exprs)]
    assert not [r.reason for r in made if isinstance(r, Refusal)]
    return tuple(a for a in made if not isinstance(a, Refusal))


def _wanted(exprs: list[Expr], job: Job) -> set[Match]:
    return {
        Match(artifact.detection, number)
        for artifact in job.artifacts
        for number, event in enumerate(job.events)
        if evaluate(exprs[int(artifact.detection[1:])], event)
    }


def test_a_name_is_a_name(endpoints: EngineAddresses) -> None:
    """Through the gateway, of fields and of the table: nothing in it is code, or a variable."""
    names = [name for name in HOSTILE if name.isprintable()]  # others are refused in a source
    columns = tuple(Column(name, FieldType.STRING, (name,)) for name in names)
    of = Source("s", columns, table="".join(names))
    made = [
        compile_query(query(Leaf(name, Text(("hit",))), of, f"d{n}"), FlinkSql())
        for n, name in enumerate(names)
    ]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    assert len(artifacts) == len(names), made
    events = tuple({name: "HIT"} for name in names)
    [found] = FlinkSql().run([Job((of,), artifacts, events)], endpoints)
    assert sorted(found) == sorted(Match(f"d{n}", n) for n in range(len(names)))


def test_event_time_in_any_zone(endpoints: EngineAddresses) -> None:
    given = {
        "2026-01-01T10:00:00+02:00": "2026-01-01T08:00:00",
        "2026-01-01 10:00:00.123456-05:30": "2026-01-01T15:30:00.123",
        "2026-01-01T10:00:00Z": "2026-01-01T10:00:00",
        "2026-01-01": "2026-01-01T00:00:00",
        "yesterday": None,
    }
    topic = "test-event-time"
    with (
        temporary(endpoints.addresses["kafka"], [topic]),
        functions() as defined,
        Gateway(endpoints.addresses["flink_gateway"]) as session,
    ):
        produce(endpoints.addresses["kafka"], topic, [{"time": text} for text in given])
        for statement in defined:
            session.execute(statement)
        session.execute(
            source_table(SOURCE, TopicLocation(endpoints.addresses["kafka"], topic, bounded=True))
        )
        session.execute(view(SOURCE))
        found = session.query("SELECT `time`[1], CAST(`~time` AS TIMESTAMP(3)) FROM `every_type`")
    assert {row[0]: row[1] for row in found} == given


def test_the_planner_tells_what_it_refuses(endpoints: EngineAddresses) -> None:
    good = compile_query(query(Leaf("text", Text(("a",))), SOURCE), FlinkSql())
    assert isinstance(good, Artifact)
    statement = good.body.decode()
    bad = statement.replace("`text`", "`nothing`")
    told = validate_statements(
        endpoints.addresses["flink_gateway"], SOURCE, [statement, bad, statement]
    )
    assert [bool(error) for error in told] == [False, True, False]
    assert "nothing" in told[1]


def test_common_parts_of_an_or_are_planned(endpoints: EngineAddresses) -> None:
    words = ("f ", "hklm", "hkcu", "x")
    a, b, c, d = (Leaf("text", Text((Wild.MANY, word, Wild.MANY))) for word in words)
    both = any_of((all_of((a, b)), all_of((a, c)), d))
    [made] = _compiled([both])
    assert validate_statements(
        endpoints.addresses["flink_gateway"], SOURCE, [made.body.decode()]
    ) == [""]
