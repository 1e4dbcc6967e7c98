"""A review out of what a run found: pure, cut to what its form has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tocsin import __version__
from tocsin.cases.judge import CaseVerdict
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.plan.explain import NOT_KNOWN, PlanKnowledge, PlanRow, rows, summary
from tocsin.plan.shadow import MARK
from tocsin.plan.steps import Deploy, Document, LiftMute, Plan, Remove, Repair, SetMute, Step
from tocsin.review.changes import tally
from tocsin.review.document import (
    MOST_DETECTIONS,
    MOST_LISTED,
    ChangeReview,
    CoverageChange,
    DetectionChange,
    FailedCase,
    PlannedEnvironment,
    ReviewedStep,
    ReviewFinding,
    cut,
    short,
)

_LATER = "state: decided when it is deployed"


@dataclass(frozen=True, slots=True)
class ReviewParts:
    """What a run found between two commits, of any size. `problem`: why it ends early."""

    project: str
    base: str
    head: str
    findings: Sequence[ReviewFinding] = ()
    verdicts: Sequence[CaseVerdict] = ()
    detections: Sequence[DetectionChange] = ()
    environments: Sequence[PlannedEnvironment] = ()
    coverage: CoverageChange | None = None
    problem: str = ""


def review_of(found: ReviewParts) -> ChangeReview:
    """The review; the worst findings first, should they be too many."""
    worst = sorted(found.findings, key=lambda each: Severity(each.severity).rank)
    return ChangeReview(
        form=1,
        tocsin=__version__,
        project=short(found.project),
        base=found.base,
        head=found.head,
        errors=sum(each.severity == "error" for each in worst),
        warnings=sum(each.severity == "warning" for each in worst),
        findings=worst[:MOST_LISTED],
        cases=tally(found.verdicts)[:20],
        failed=[_failed(verdict) for verdict in found.verdicts if not verdict.ok][:MOST_LISTED],
        detections=list(found.detections[:MOST_DETECTIONS]),
        more=max(0, len(found.detections) - MOST_DETECTIONS),
        environments=list(found.environments[:50]),
        coverage=found.coverage,
        problem=cut(found.problem),
    )


def finding(each: Diagnostic, place: Callable[[str], str]) -> ReviewFinding:
    """A finding, its file below the repository."""
    return ReviewFinding(
        code=short(each.code),
        severity=each.severity.value,
        file=cut(place(each.span.file)),
        line=each.span.line,
        message=cut(each.message),
        hint=cut(each.hint),
    )


def planned(plan: Plan, known: PlanKnowledge = NOT_KNOWN) -> PlannedEnvironment:
    """What a plan does, line by line, with what is known besides."""
    ids = [*map(_id_of, plan.steps), *(no.id for no in plan.refused)]
    told = rows(plan, known)
    for number, step in enumerate(plan.steps):
        if _undecided(step):
            told[number] = replace(told[number], notes=(*told[number].notes, _LATER))
    steps = [_step(id_, row) for id_, row in zip(ids, told, strict=True)]
    return PlannedEnvironment(
        name=short(plan.environment),
        intended=plan.intended,
        base=plan.base,
        release=plan.base_number,
        summary=cut(summary(plan)),
        steps=steps[:MOST_DETECTIONS],
        more=max(0, len(steps) - MOST_DETECTIONS),
        warnings=_some(plan.warnings),
        problems=_some(plan.problems),
        problem="",
    )


def unplanned(name: str, why: str) -> PlannedEnvironment:
    """An environment for which there is no plan."""
    return PlannedEnvironment(
        name=short(name),
        intended="",
        base="",
        release=0,
        summary="",
        steps=[],
        more=0,
        warnings=[],
        problems=[],
        problem=cut(why),
    )


def _undecided(step: Step) -> bool:
    """Whether a correlation goes on in another form, and its engine was not asked for the state."""
    if not isinstance(step, Deploy) or step.before is None or step.state is not None:
        return False
    before, after = step.before, step.after
    goes_on = before.stateful and after.stateful and before.backend == after.backend
    return goes_on and before.artifact != after.artifact


def _id_of(step: Step) -> str:
    """The detection that it is about, also where it is its newer form in shadow."""
    return _entry_id(step).removesuffix(MARK)


def _entry_id(step: Step) -> str:
    match step:
        case Deploy(after=entry) | Repair(after=entry) | Document(after=entry):
            return entry.id
        case SetMute(after=entry) | LiftMute(after=entry):
            return entry.id
        case Remove(before=entry):
            return entry.id
    return ""


def _step(id_: str, row: PlanRow) -> ReviewedStep:
    return ReviewedStep(
        id=short(id_),
        symbol=row.symbol,  # type: ignore[arg-type] # one of those that it may be
        name=cut(row.name),
        version=short(row.version),
        what=short(row.what),
        where=short(row.where),
        artifact=short(row.artifact),
        notes=[cut(note) for note in row.notes][:50],
    )


def _failed(verdict: CaseVerdict) -> FailedCase:
    return FailedCase(
        key=short(verdict.key),
        case=cut(verdict.case),
        engine=short(verdict.engine),
        problems=[cut(problem) for problem in verdict.problems][:20],
    )


def _some(texts: Iterable[str]) -> list[str]:
    return [cut(text) for text in texts][:MOST_LISTED]
