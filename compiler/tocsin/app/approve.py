"""A person agrees with a plan: a signed statement, in a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.errors import ConfigError
from tocsin.plan.steps import Plan
from tocsin.trust.approval import Approval
from tocsin.trust.keys import SigningKey


@dataclass(frozen=True, slots=True)
class PlanSubject:
    """What is approved: `plan` is an identity, or what the plan is intended to do."""

    project: str
    environment: str
    plan: str
    base: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Who reviewed, and where it is kept; with a `reason`, an emergency for so many hours."""

    reviewer: str
    review: str = ""
    head: str = ""
    reason: str = ""
    hours: int = 0


def kept_at(environment: str, plan: str, name: str) -> str:
    """Where the approval of a plan lies on the branch tocsin-approvals."""
    return f"{environment}/{plan}/{name}.dsse.json"


def approve(plan: Plan, review: Reviewed, key: SigningKey) -> bytes:
    """The bytes of the approval's file. Raises ConfigError for a plan that nobody can apply.

    Where nothing was observed, it is for what the plan is intended to do.
    """
    if plan.problems:
        raise ConfigError(f"the plan cannot be applied: {plan.problems[0]}")
    digest = plan.identity if plan.live else plan.intended
    subject = PlanSubject(plan.project, plan.environment, digest, plan.base)
    return signed(subject, review, key)


def signed(subject: PlanSubject, review: Reviewed, key: SigningKey) -> bytes:
    """The bytes of a file with the statement, made now."""
    now = datetime.now(UTC).replace(microsecond=0)
    until = (now + timedelta(hours=review.hours)).isoformat() if review.reason else ""
    return Approval(
        project=subject.project,
        environment=subject.environment,
        plan=subject.plan,
        base=subject.base,
        reviewer=review.reviewer,
        at=now.isoformat(),
        review=review.review,
        head=review.head,
        reason=review.reason,
        until=until,
    ).signed(key)
