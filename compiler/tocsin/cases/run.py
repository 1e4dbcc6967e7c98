"""All cases of many detections on one engine: few jobs, one run of the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tocsin.backend.base import Backend, Endpoints
from tocsin.cases.events import arrivals, in_time
from tocsin.cases.judge import CaseVerdict, judge
from tocsin.cases.place import CompiledQuery, PlacedCase, plans
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import Query, Resolved
from tocsin.ir.stream import completions, observe

EVALUATOR = "evaluator"


def run_evaluator(queries: Sequence[Resolved]) -> Iterator[CaseVerdict]:
    """Every case by the reference evaluator."""
    for query in queries:
        for case in query.detection.cases:
            events = dict(arrivals(case, query.sources))
            yield judge(query, case, EVALUATOR, events, in_time(case, _hits(query, events)))


def _hits(query: Resolved, events: Mapping[int, dict[str, Any]]) -> list[int]:
    """Numbers of the events that match, or complete the correlation: once for each group."""
    if isinstance(query, Query):
        renamed = query.source.renamed
        return [n for n, e in events.items() if evaluate(query.matches, View(e, renamed))]
    found = observe(query.events, list(events.values()))
    numbers = list(events)
    return [numbers[done.event[1]] for done in completions(query, found).completed]


def run_engine(
    queries: Sequence[Resolved], backend: Backend, endpoints: Endpoints
) -> Iterator[CaseVerdict]:
    """Every case by a backend's real engine; refused detections give a verdict that says so."""
    compiled: list[CompiledQuery] = []
    for query in queries:
        result = compile_query(query, backend)
        if isinstance(result, Refusal):
            yield from _refused(query, result, backend.engine)
        else:
            compiled.append((query, result))
    planned = list(plans(compiled))
    found = backend.run([each.job for each in planned], endpoints) if planned else []
    for each, matches in zip(planned, found, strict=True):
        hits: dict[tuple[str, int], int] = defaultdict(int)
        for match in matches:
            hits[match.detection, match.event] += 1
        yield from (_judge(placed, hits, backend.engine) for placed in each.cases)


def _judge(each: PlacedCase, hits: Mapping[tuple[str, int], int], engine: str) -> CaseVerdict:
    rule = each.query.detection.id
    times = {n: hits.get((rule, each.start + k), 0) for k, (n, _) in enumerate(each.events)}
    got = in_time(each.case, Counter(times).elements())
    events = dict(arrivals(each.case, each.query.sources))
    return judge(each.query, each.case, engine, events, got)


def _refused(query: Resolved, refusal: Refusal, engine: str) -> Iterator[CaseVerdict]:
    detection = query.detection
    for case in detection.cases:
        yield CaseVerdict(
            detection.key,
            detection.id,
            case.name,
            engine,
            refused=refusal.words,
            file=case.span.file,
            line=case.span.line,
        )
