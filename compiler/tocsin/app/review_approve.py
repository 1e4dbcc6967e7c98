"""The trusted half of an approval: what a forge shows of a review becomes a signed statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.app.approve import PlanSubject, Reviewed, kept_at, signed
from tocsin.app.standing import standing
from tocsin.errors import ConfigError
from tocsin.forge.github import GitHub, PullRequest
from tocsin.model.names import ENVIRONMENT
from tocsin.review.document import ChangeReview, PlannedEnvironment
from tocsin.trust.keys import SigningKey

REVIEWED = "pull_request_review"


@dataclass(frozen=True, slots=True)
class ApproveRequest:
    """The run that a review started, and what the pull request does, found out anew.

    `branch`: the only one whose pull requests count. `page`: address of the repository, for people.
    """

    run: int
    branch: str
    page: str
    review: ChangeReview


def approved(forge: GitHub, request: ApproveRequest, key: SigningKey) -> dict[str, bytes]:
    """The approvals, by where they are kept; none where nothing stands. Raises ConfigError."""
    run = forge.run(request.run)
    if run.event != REVIEWED:
        return {}
    found: dict[str, bytes] = {}
    for pull in forge.pull_requests(run):
        if pull.base.ref == request.branch:
            _refuse_other(request.review, pull)
            found |= dict(_signed(forge, request, pull, key))
    return found


def break_glass(review: ChangeReview, environment: str, told: Reviewed, key: SigningKey) -> bytes:
    """An approval for an emergency. Raises ConfigError."""
    for subject in _subjects(review):
        if subject.environment == environment:
            return signed(subject, told, key)
    raise ConfigError(f"the review has no plan for {environment}")


def _refuse_other(review: ChangeReview, pull: PullRequest) -> None:
    if review.head != pull.head.sha:
        raise ConfigError(f"the review is one of {review.head[:12]}, not of {pull.head.sha[:12]}")
    if not review.ok:
        raise ConfigError("what needs work is not approved: the review says what it is")


def _signed(
    forge: GitHub, request: ApproveRequest, pull: PullRequest, key: SigningKey
) -> Iterator[tuple[str, bytes]]:
    for each in standing(forge, pull):
        place = f"{request.page}/pull/{pull.number}#pullrequestreview-{each.id}"
        told = Reviewed(each.reviewer, place, pull.head.sha)
        for subject in _subjects(request.review):
            name = f"{pull.number}-{each.id}"
            yield kept_at(subject.environment, subject.plan, name), signed(subject, told, key)


def _subjects(review: ChangeReview) -> Iterator[PlanSubject]:
    """What can be approved: a plan that can be applied, of an environment that can be one."""
    for plan in review.environments:
        if _sound(plan):
            yield PlanSubject(review.project, plan.name, plan.intended, plan.base)


def _sound(plan: PlannedEnvironment) -> bool:
    named = ENVIRONMENT.fullmatch(plan.name) is not None
    return named and bool(plan.intended) and not (plan.problem or plan.problems)
