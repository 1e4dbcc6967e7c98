"""Portable SQL on a real Flink cluster: a fixed table, folding, event time, the planner."""

import sys

import pytest

from sql_cases import nasty, query, source, table
from tocsin.backend.sql_tree import ident
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import Expr, Leaf, Text, Wild, all_of, any_of, negate
from tocsin.ir.text import fold
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Column, FieldType, Source
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.ddl import Place, source_table, view
from tocsin_flink_sql.dialect import FlinkLeaves
from tocsin_flink_sql.flink import printed
from tocsin_flink_sql.gateway import Gateway
from tocsin_flink_sql.topics import produce, topics
from tocsin_flink_sql.validate import validate_statements
from tocsin_runtime.engines import Endpoints

pytestmark = pytest.mark.engine
SOURCE = source(arrays=False)


def test_every_leaf_on_nasty_events(endpoints: Endpoints) -> None:
    events = nasty(SOURCE)
    # Every other one is negated: each leaf costs Flink's planner a good part of a second.
    exprs: list[Expr] = [negate(e) if n % 2 else e for n, e in enumerate(table(SOURCE))]
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
    assert len(artifacts) > 100


def _compiled(exprs: list[Expr]) -> tuple[Artifact, ...]:
    made = [compile_query(query(e, SOURCE, f"d{n}"), FlinkSql()) for n, e in enumerate(exprs)]
    assert {r.reason for r in made if isinstance(r, Refusal)} <= {"text-of-double"}
    return tuple(a for a in made if not isinstance(a, Refusal))


def _wanted(exprs: list[Expr], job: Job) -> set[Match]:
    return {
        Match(artifact.detection, number)
        for artifact in job.artifacts
        for number, event in enumerate(job.events)
        if evaluate(exprs[int(artifact.detection[1:])], event)
    }


# Java 17 knows Unicode 13, Python 3.11 knows 14: these came between.
NEWER_THAN_JAVA = {0x2C2F, 0xA7C0, 0xA7D0, 0xA7D6, 0xA7D8, *range(0x10570, 0x10596)}


def test_lower_folds_every_code_point_as_the_evaluator_does(endpoints: Endpoints) -> None:
    """A thousand characters an event; what the engine folds otherwise is documented by code."""
    assert endpoints.kafka
    assert endpoints.flink_gateway
    chars = [chr(n) for n in range(1, sys.maxunicode + 1) if not 0xD800 <= n <= 0xDFFF]
    events = [{"text": "".join(chars[at : at + 1000])} for at in range(0, len(chars), 1000)]
    of = Source("fold", (Column("text", FieldType.STRING, ("text",)),), table="fold")
    leaves = FlinkLeaves(of, {"text": "text"})
    lowered = printed(leaves.fold(ident("text")))
    topic = "test-fold"
    with topics(endpoints.kafka, [topic]), Gateway(endpoints.flink_gateway) as session:
        produce(endpoints.kafka, topic, events)
        session.execute(source_table(of, Place(endpoints.kafka, topic, bounded=True)))
        session.execute(view(of))
        session.execute(f"CREATE TEMPORARY VIEW `lowered` AS SELECT *, {lowered} FROM `fold`")  # noqa: S608 - our own
        found = session.query("TABLE `lowered`")
    texts = "".join(row[-1] for row in sorted(found, key=lambda row: row[2]))
    assert len(texts) == len(chars)
    wrong = {ord(a) for a, b in zip(chars, texts, strict=True) if fold(a) != b}
    assert wrong <= NEWER_THAN_JAVA


def test_event_time_in_any_zone(endpoints: Endpoints) -> None:
    assert endpoints.kafka
    assert endpoints.flink_gateway
    given = {
        "2026-01-01T10:00:00+02:00": "2026-01-01T08:00:00",
        "2026-01-01 10:00:00.123456-05:30": "2026-01-01T15:30:00.123",
        "2026-01-01T10:00:00Z": "2026-01-01T10:00:00",
        "2026-01-01": "2026-01-01T00:00:00",
        "yesterday": None,
    }
    topic = "test-event-time"
    with topics(endpoints.kafka, [topic]), Gateway(endpoints.flink_gateway) as session:
        produce(endpoints.kafka, topic, [{"time": text} for text in given])
        session.execute(source_table(SOURCE, Place(endpoints.kafka, topic, bounded=True)))
        session.execute(view(SOURCE))
        found = session.query("SELECT `time`, CAST(`~time` AS TIMESTAMP(3)) FROM `every_type`")
    assert {row[0]: row[1] for row in found} == given


def test_the_planner_tells_what_it_refuses(endpoints: Endpoints) -> None:
    assert endpoints.flink_gateway
    good = compile_query(query(Leaf("text", Text(("a",))), SOURCE), FlinkSql())
    assert isinstance(good, Artifact)
    statement = good.body.decode()
    bad = statement.replace("`text`", "`nothing`")
    told = validate_statements(endpoints.flink_gateway, SOURCE, [statement, bad, statement])
    assert [bool(error) for error in told] == [False, True, False]
    assert "nothing" in told[1]


def test_common_parts_of_an_or_are_planned(endpoints: Endpoints) -> None:
    assert endpoints.flink_gateway
    words = ("f ", "hklm", "hkcu", "x")
    a, b, c, d = (Leaf("text", Text((Wild.MANY, word, Wild.MANY))) for word in words)
    both = any_of((all_of((a, b)), all_of((a, c)), d))
    [made] = _compiled([both])
    assert validate_statements(endpoints.flink_gateway, SOURCE, [made.body.decode()]) == [""]
