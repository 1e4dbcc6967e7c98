"""Every case through a backend's compiler and its real engine, against table and evaluator."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from tocsin.backend.base import Backend, Endpoints, NoServers
from tocsin.compile import Refusal
from tocsin.conformance.case import ContractCase
from tocsin.conformance.differ import case_text, differences, emitted
from tocsin.conformance.engine import (
    CaseHits,
    Compiled,
    DetectionOnSource,
    Ran,
    compiled,
    run_groups,
)
from tocsin.conformance.gather import CaseGroup, PlacedContractCase, gather, part_of
from tocsin.conformance.marks import Marks, marks_of
from tocsin.conformance.oracle import expected
from tocsin.conformance.report import CaseResult, ConformanceReport, Status
from tocsin.conformance.table import cases, rows
from tocsin.model.artifact import Artifact


def run(
    backend: Backend,
    endpoints: Endpoints | None = None,
    *,
    only: Iterable[ContractCase] | None = None,
    marks: Marks | None = None,
) -> ConformanceReport:
    """All cases that have a meaning (or `only` these) on a backend, judged by its marks.

    `marks` in place of those that the backend's package declares. Raises what the backend raises
    where nothing at all runs, such as EngineError for a missing server.
    """
    start = time.monotonic()
    declared = marks_of(backend) if marks is None else marks
    chosen = tuple(c for c in (cases() if only is None else only) if not c.refused)
    groups = _groups(chosen)
    made = {key: compiled(p.query, backend) for group in groups for key, p in _keyed(group)}
    results = {r.case.id: r for group in groups for r in _refused(group, made, declared)}
    taken = [part for group in groups for part in _taken(group, made)]
    for ran in run_groups(taken, made, backend, endpoints or NoServers()):
        results |= {r.case.id: r for r in _judged(ran, made, declared)}
    stale = declared.stale(results, (row.id for row in rows())) if only is None else ()
    return ConformanceReport(
        backend.name,
        tuple(results[case.id] for case in chosen),
        tuple(stale),
        sum(len(dict(_keyed(group))) * len(group.events) for group in taken),
        time.monotonic() - start,
    )


@cache
def _groups(chosen: tuple[ContractCase, ...]) -> list[CaseGroup]:
    return gather(chosen)


def _keyed(group: CaseGroup) -> Iterator[tuple[DetectionOnSource, PlacedContractCase]]:
    for placed in group.placed:
        yield (group.source.name, placed.query.detection.id), placed


def _refused(
    group: CaseGroup, made: Mapping[DetectionOnSource, Compiled], marks: Marks
) -> Iterator[CaseResult]:
    for key, placed in _keyed(group):
        if isinstance(no := made[key].made, Refusal):
            said = f"{no.node} {no.reason} {no.detail}".strip()
            mark = marks.of(placed.case.id)
            yield CaseResult(placed.case, Status.REFUSED, mark, no.node, no.reason, (said,))


def _taken(group: CaseGroup, made: Mapping[DetectionOnSource, Compiled]) -> list[CaseGroup]:
    """The group without what is refused: a column that an engine cannot have is gone with it."""
    kept = [p for key, p in _keyed(group) if not isinstance(made[key].made, Refusal)]
    if len(kept) == len(group.placed):
        return [group]
    return [part_of(group, kept)] if kept else []


def _judged(
    ran: Ran, made: Mapping[DetectionOnSource, Compiled], marks: Marks
) -> Iterator[CaseResult]:
    wanted = expected(ran.group)
    for key, placed in _keyed(ran.group):
        done, mark = made[key], marks.of(placed.case.id)
        if wrong := list(_wrong(placed, ran, done, wanted[key[1]])):
            text = emitted(done.made) if isinstance(done.made, Artifact) else ()
            told = (*case_text(placed.case), *wrong, *text)
            yield CaseResult(placed.case, Status.FAILED, mark, told=told)
        else:
            yield CaseResult(placed.case, Status.PASSED, mark)


def _wrong(placed: PlacedContractCase, ran: Ran, done: Compiled, wanted: CaseHits) -> Iterator[str]:
    if done.wrong:
        yield done.wrong
    elif ran.error:
        yield ran.error
    else:
        hits = ran.hits.get(placed.query.detection.id, frozenset())
        yield from differences(placed, ran.group, wanted, hits)
