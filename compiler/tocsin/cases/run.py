"""All cases of many detections on one engine: one job a source, one run an engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.backend.base import Backend, Endpoints
from tocsin.cases.events import arrivals, in_time
from tocsin.cases.judge import Verdict, judge
from tocsin.compile import Refusal, compile_query
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact, Job
from tocsin.model.detection import Case

EVALUATOR = "evaluator"


def run_evaluator(queries: Sequence[Query]) -> Iterator[Verdict]:
    """Every case by the reference evaluator."""
    for query in queries:
        for case in query.detection.cases:
            events = dict(arrivals(case, query.source))
            renamed = query.source.renamed
            hits = [n for n, e in events.items() if evaluate(query.matches, View(e, renamed))]
            yield judge(query, case, EVALUATOR, events, in_time(case, hits))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A case whose events stand in a job from `start` on, as (number in the case, event)."""

    query: Query
    case: Case
    start: int
    events: list[tuple[int, dict[str, Any]]]


def run_engine(
    queries: Sequence[Query], backend: Backend, endpoints: Endpoints
) -> Iterator[Verdict]:
    """Every case by a backend's real engine; refused detections give a verdict that says so."""
    jobs: list[Job] = []
    placed: list[list[_Placed]] = []
    for group in _by_source(queries):
        compiled: list[tuple[Query, Artifact]] = []
        for query in group:
            result = compile_query(query, backend)
            if isinstance(result, Refusal):
                yield from _refused(query, result, backend.engine)
            else:
                compiled.append((query, result))
        cases = _place([query for query, _ in compiled])
        events = tuple(event for each in cases for _, event in each.events)
        if compiled:
            jobs.append(Job((group[0].source,), tuple(a for _, a in compiled), events))
            placed.append(cases)
    for cases, matches in zip(placed, backend.run(jobs, endpoints), strict=True):
        hits = {(match.detection, match.event) for match in matches}
        yield from (_judge(each, hits, backend.engine) for each in cases)


def _by_source(queries: Sequence[Query]) -> list[list[Query]]:
    groups: dict[str, list[Query]] = defaultdict(list)
    for query in queries:
        if query.detection.cases:
            groups[query.source.name].append(query)
    return list(groups.values())


def _place(queries: Sequence[Query]) -> list[_Placed]:
    placed: list[_Placed] = []
    at = 0
    for query in queries:
        for case in query.detection.cases:
            events = arrivals(case, query.source)
            placed.append(_Placed(query, case, at, events))
            at += len(events)
    return placed


def _judge(each: _Placed, hits: set[tuple[str, int]], engine: str) -> Verdict:
    rule = each.query.detection.id
    got = [n for k, (n, _) in enumerate(each.events) if (rule, each.start + k) in hits]
    return judge(each.query, each.case, engine, dict(each.events), in_time(each.case, got))


def _refused(query: Query, refusal: Refusal, engine: str) -> Iterator[Verdict]:
    why = f"{refusal.node} {refusal.reason} {refusal.detail}".strip()
    detection = query.detection
    for case in detection.cases:
        yield Verdict(
            detection.key,
            detection.id,
            case.name,
            engine,
            refused=why,
            file=case.span.file,
            line=case.span.line,
        )
