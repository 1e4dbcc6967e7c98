"""The table itself under judgement: the real front and the reference evaluator on every case."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from tocsin.conformance.case import ContractCase
from tocsin.conformance.differ import case_text, differences
from tocsin.conformance.gather import gather
from tocsin.conformance.lower import Lowered, lower
from tocsin.conformance.oracle import expected
from tocsin.conformance.report import CaseResult, ConformanceReport, Status


def judge_table(cases: Iterable[ContractCase]) -> ConformanceReport:
    """All cases on the evaluator; those that the front must refuse too."""
    start = time.monotonic()
    given = list(cases)
    results = {case.id: front_result(case) for case in given}
    sound = [c for c in given if not c.refused and results[c.id].status is Status.PASSED]
    groups = gather(sound)
    for group in groups:
        wanted = expected(group)
        for placed in group.placed:
            hits = wanted[placed.query.detection.id]
            if wrong := list(differences(placed, group, hits, hits)):
                told = (*case_text(placed.case), wrong[0])
                results[placed.case.id] = CaseResult(placed.case, Status.FAILED, told=told)
    pairs = sum(len(group.events) * len(group.placed) for group in groups)
    seconds = time.monotonic() - start
    return ConformanceReport("evaluator", tuple(results[c.id] for c in given), (), pairs, seconds)


def front_result(case: ContractCase) -> CaseResult:
    """Whether the front refuses or accepts a case as the table says."""
    wrong = list(_wrong(case, lower(case)))
    if not wrong:
        return CaseResult(case, Status.PASSED)
    return CaseResult(case, Status.FAILED, told=(*case_text(case), *wrong))


def _wrong(case: ContractCase, lowered: Lowered) -> Iterator[str]:
    codes = {found.code for found in lowered.errors}
    warned = {found.code for found in lowered.diagnostics} - codes
    said = [f"{found.code}: {found.message}" for found in lowered.diagnostics]
    if codes != ({case.refused} if case.refused else set()):
        yield f"expected {case.refused or 'no error'}, got {said or 'no finding'}"
    elif not case.refused and lowered.query is None:
        yield "expected a query, got none"
    if case.warned and case.warned not in warned:
        yield f"expected the warning {case.warned}, got {said or 'no finding'}"
    if case.alerts is not None and sorted(case.alerts) != sorted(lowered.alerts):
        yield f"expected alerts of {list(case.alerts)}, got {list(lowered.alerts)}"
