"""What a change to the project does: files, cases, plans and coverage, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tocsin.app.cases import reached, run_cases
from tocsin.app.engines import chosen
from tocsin.app.environment import open_environment
from tocsin.app.plan import plan_of
from tocsin.app.project import findings, project_at
from tocsin.cases.judge import CaseVerdict
from tocsin.diagnostics import Diagnostic, Severity, has_errors, summary
from tocsin.errors import ConfigError, TocsinError
from tocsin.front.project import Project, load_project
from tocsin.ir.query import Resolved
from tocsin.model.noise import NoiseReport
from tocsin.plan.explain import PlanKnowledge
from tocsin.progress import Progress
from tocsin.review.build import ReviewParts, finding, planned, review_of, unplanned
from tocsin.review.changes import Compared, changes, coverage
from tocsin.review.document import ChangeReview, DetectionChange, PlannedEnvironment
from tocsin.state.changes import commit_of, root_of

_UNSEEN = ConfigError("a review looks at its ledger alone")


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What is compared, both as commits; where cases run, and for which environments is planned.

    `named`: the commit that is under review, where what lies here is its merge with the base.
    `noise`: what is known of environments, by name.
    """

    root: Path
    base: str
    named: str
    engines: tuple[str, ...]
    environments: tuple[str, ...]
    noise: Mapping[str, NoiseReport] = field(default_factory=dict)


def asked(
    root: Path, base: str, named: str, engines: Sequence[str], environments: Sequence[str]
) -> ReviewRequest:
    """The request, its revisions looked up. Raises ConfigError for one that git does not know."""
    commits = commit_of(root, base), commit_of(root, named)
    return ReviewRequest(root, *commits, tuple(engines), tuple(environments))


def make_review(request: ReviewRequest, progress: Progress) -> ChangeReview:
    """Everything, as far as it can be found out: what goes wrong is part of the review."""
    try:
        with progress.stage("reading the project"):
            project = load_project(request.root)
            before = project_at(request.root, request.base)
    except ConfigError as error:
        return review_of(ReviewParts("", request.base, request.named, problem=error.message))
    found = findings(project)
    verdicts: list[CaseVerdict] = []
    problem = ""
    try:
        verdicts += _cases(request, project, before, progress)
    except TocsinError as error:
        problem = f"the cases were not run: {error.message}"
    compared, places = Compared(before, project), _Places(request.root)
    return review_of(
        ReviewParts(
            project=project.settings.project.name,
            base=request.base,
            head=request.named,
            findings=[finding(each, places.of) for each in found],
            verdicts=verdicts,
            detections=_changes(compared, verdicts, places, progress),
            environments=list(_plans(request, project, found, progress)),
            coverage=coverage(compared),
            problem=problem,
        )
    )


def _changes(
    compared: Compared, verdicts: Sequence[CaseVerdict], places: _Places, progress: Progress
) -> list[DetectionChange]:
    from tocsin.direction.decide import direction  # noqa: PLC0415 - its solver is slow to load

    with progress.stage("comparing old and new detections"):
        return changes(compared, verdicts, places.of_detection, direction)


def _cases(
    request: ReviewRequest, project: Project, before: Project | None, progress: Progress
) -> Iterator[CaseVerdict]:
    """Those of the detections that mean something else now, or have other cases."""
    with progress.stage("running the cases") as note:
        names = chosen(request.engines, progress.notify)
        yield from run_cases(reached(project, before, project.queries), names, note)


def _plans(
    request: ReviewRequest, project: Project, found: Sequence[Diagnostic], progress: Progress
) -> Iterator[PlannedEnvironment]:
    for name in request.environments or tuple(project.settings.environments):
        if has_errors(found):
            errors = [each for each in found if each.severity is Severity.ERROR]
            yield unplanned(name, f"the project has {summary(errors)}")
            continue
        try:
            opened = open_environment(name, request.root, resolve=False, progress=progress)
            unseen = replace(opened, target=None, unknown=_UNSEEN)
            known = PlanKnowledge(noise=request.noise.get(name))
            yield planned(plan_of(unseen, project).plan, known)
        except TocsinError as error:
            yield unplanned(name, error.message)


class _Places:
    """Where files lie below the repository."""

    def __init__(self, root: Path) -> None:
        self._repository = root_of(root)
        self._root = root.resolve()

    def of(self, file: str) -> str:
        """A file of the project as it lies here."""
        return self._below(Path(file).resolve())

    def of_detection(self, project: Project, query: Resolved) -> str:
        """That of a detection, also of one of the project as it was."""
        place = Path(query.detection.span.file).resolve()
        return self._below(self._root / place.relative_to(project.root.resolve()))

    def _below(self, place: Path) -> str:
        inside = place.is_relative_to(self._repository)
        return (place.relative_to(self._repository) if inside else place).as_posix()
