"""Every declared type, every kind of JSON value, every kind of test: cells of one table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sql_cases import query
from tocsin.backend.base import Backend, NoServers
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import (
    Cidr,
    Compare,
    Expr,
    FieldRef,
    How,
    IsNull,
    Leaf,
    Op,
    Regex,
    Text,
    TimePart,
    Unit,
    Wild,
    any_of,
    negate,
)
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Column, FieldType, Source

FIELD, OTHER = "f", "other"
VALUES: tuple[Any, ...] = (
    *("", "5", "5.0", "true", "True", "root", "ROOT", "2026-01-01T20:00:00Z", "10.1.2.3"),
    *(5, 0, -5, 5.5, 5.0, -0.0, 2**53 + 1, 2**63, 2**64 - 1, -(2**63), 1e300, 0.1, True, False),
    *([], [None], ["root"], ["x", "root"], [5, 6], [True], [[5]], [{}], ["5", None, {"a": 1}]),
    *({}, {"a": 5}, None),
)
LEAVES: tuple[Expr, ...] = (
    IsNull(FIELD),
    *(
        Leaf(FIELD, test)
        for test in (
            *(Text((text,)) for text in ("5", "true", "root", str(2**64 - 1), str(2**53 + 1))),
            *(Text(()), Text((Wild.MANY,)), Text(("ROOT",), cased=True)),
            *(Text((Wild.MANY, "oo", Wild.MANY)), Text(("ro", Wild.MANY)), Text((Wild.ONE, "oot"))),
            *(Compare(Op.GT, 4), Compare(Op.LTE, 0), Compare(Op.GT, 5.25), Compare(Op.LT, 2**63)),
            *(Compare(Op.GTE, 2**64 - 1), Regex("^[5r]"), Regex("TRUE", "i")),
            *(Cidr("10.0.0.0/8"), TimePart(Unit.HOUR, 20, 20)),
        )
    ),
    *(FieldRef(FIELD, OTHER, how) for how in How),
    FieldRef(OTHER, FIELD, How.EQUALS, cased=True),
    FieldRef(FIELD, FIELD, How.EQUALS),
    any_of([Leaf(FIELD, Text((text,))) for text in ("root", "6", "x")]),
    any_of([Leaf(FIELD, Text((Wild.MANY, text, Wild.MANY))) for text in ("oo", "6")]),
)
OTHERS = ("root", 5, ["x", 5], {"a": 1})
EXPRS = [expr for leaf in LEAVES for expr in (leaf, negate(leaf))]
EVENTS: tuple[dict[str, Any], ...] = ({}, *({FIELD: v, OTHER: o} for v in VALUES for o in OTHERS))


def declared(kind: FieldType, other: FieldType = FieldType.STRING) -> Source:
    """A source with the field declared as this type."""
    columns = (Column(FIELD, kind, (FIELD,)), Column(OTHER, other, (OTHER,)))
    return Source("declared", columns, table="declared")


def differing(backend: Backend, of: Source) -> tuple[list[str], set[str]]:
    """Cells where a backend's engine says otherwise than the evaluator; reasons of refusals."""
    made = [compile_query(query(e, of, f"d{n:03}"), backend) for n, e in enumerate(EXPRS)]
    artifacts = tuple(each for each in made if isinstance(each, Artifact))
    refused = {each.reason for each in made if isinstance(each, Refusal)}
    [found] = backend.run([Job((of,), artifacts, EVENTS)], NoServers())
    wanted = {
        Match(artifact.detection, n)
        for artifact in artifacts
        for n, event in enumerate(EVENTS)
        if evaluate(EXPRS[int(artifact.detection[1:])], event)
    }
    wrong = sorted(set(found) ^ wanted)
    return [f"{EXPRS[int(m.detection[1:])]} {EVENTS[m.event]}" for m in wrong], refused


def fitting(of: Source) -> Source:
    """The same, as if all its events kept its promise."""
    return replace(of, fits=True)
