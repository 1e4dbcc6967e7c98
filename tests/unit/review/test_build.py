"""A review out of plans and findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploying import Spec, entry
from tocsin.plan.shadow import MARK
from tocsin.plan.steps import Deploy, Plan, Refused, Remove
from tocsin.release.entry import Action, Entry
from tocsin.release.state_decision import Fate, StateDecision
from tocsin.review.build import ReviewParts, planned, review_of
from tocsin.review.document import MOST_LISTED, ReviewFinding
from unit.review.reviews import BASE, HEAD, finding

OLD = replace(entry("many", Spec()), sources=("audit",))
NEW = replace(entry("many", Spec("l2", "b2")), sources=("audit",), action=Action.CHANGED)


@pytest.mark.parametrize(
    ("before", "after", "state", "said"),
    [
        (OLD, NEW, None, True),
        (OLD, NEW, StateDecision(Fate.KEEP, "only words"), False),
        (None, NEW, None, False),
        (OLD, replace(NEW, artifact=OLD.artifact), None, False),
        (OLD, replace(NEW, backend="flink-sql"), None, False),
        (replace(OLD, sources=()), replace(NEW, sources=()), None, False),
    ],
)
def test_state_that_only_an_engine_can_tell(
    before: Entry | None,
    after: Entry,
    state: StateDecision | None,
    said: bool,  # noqa: FBT001 - a table
) -> None:
    plan = Plan("prod", "payments", "apply", steps=(Deploy(after, before, state=state),))
    [step] = planned(plan).steps
    assert ("state: decided when it is deployed" in step.notes) is said


def test_each_line_knows_its_detection() -> None:
    refused = Refused("id-no", "no", "batch-sql", "audit", "no arrays")
    steps = (Remove(OLD, OLD.path), Deploy(replace(NEW, id=f"{NEW.id}{MARK}")))
    plan = Plan("prod", "payments", "apply", steps=steps, refused=(refused,))
    assert [(step.id, step.symbol) for step in planned(plan).steps] == [
        ("id-many", "-"),
        ("id-many", "~"),
        ("id-no", "x"),
    ]


def test_the_worst_findings_come_first() -> None:
    many = [ReviewFinding.model_validate(finding()) for _ in range(MOST_LISTED)]
    worst = ReviewFinding.model_validate(finding(severity="error", message="worst"))
    made = review_of(ReviewParts("payments", BASE, HEAD, [*many, worst]))
    assert (made.errors, made.warnings) == (1, MOST_LISTED)
    assert len(made.findings) == MOST_LISTED
    assert made.findings[0].message == "worst"
