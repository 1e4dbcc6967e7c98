"""Rules over events on one engine, the evaluator or a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.backend.base import Backend, Endpoints
from tocsin.compile import compile_all
from tocsin.diagnostics import Diagnostic
from tocsin.front.resolve import resolve_inferred
from tocsin.front.rule import Rule
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import Query
from tocsin.ir.walk import nodes_of
from tocsin.model.artifact import Job, Match
from tocsin.model.source import Source
from tocsin.scan.infer import infer

_UNBOUND = Source("events", ())
Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """Matches, sorted, and the detections that the engine's backend refused."""

    matches: tuple[Match, ...]
    refused: tuple[Diagnostic, ...] = ()


def scan_evaluator(
    rules: Sequence[Rule],
    events: Sequence[dict[str, Any]],
    *,
    ignore_logsource: bool,
    progress: Progress = iter,
) -> Result:
    """Every rule on every event by the reference evaluator."""
    queries = [resolve_inferred(r, _UNBOUND, ignore_logsource=ignore_logsource) for r in rules]
    conditions = [(q.detection.id, predicate(q.matches)) for q in queries]
    found: list[Match] = []
    for number, event in enumerate(progress(events)):
        view = View(event)
        for rule, holds in conditions:
            if holds(view):
                found.append(Match(rule, number))
    return Result(tuple(sorted(found)))


def scan_engine(
    rules: Sequence[Rule],
    events: Sequence[dict[str, Any]],
    backend: Backend,
    endpoints: Endpoints,
    *,
    ignore_logsource: bool,
) -> Result:
    """Every rule on every event by a backend's real engine, over an inferred source."""

    def bind(source: Source) -> list[Query]:
        return [resolve_inferred(r, source, ignore_logsource=ignore_logsource) for r in rules]

    queries = bind(_UNBOUND)
    fields = {field for query in queries for field in query.fields}
    keywords = any(isinstance(n, Keyword) for query in queries for n in nodes_of(query.expr))
    source, rows = infer(fields, events, keywords=keywords)
    compiled, refused = compile_all(bind(source), backend)
    job = Job(source, tuple(artifact for _, artifact in compiled), tuple(rows))
    [matches] = backend.run([job], endpoints)
    return Result(tuple(sorted(matches)), tuple(r.diagnostic for r in refused))
