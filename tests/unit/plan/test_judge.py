"""What becomes of the state of a correlation that changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deploying import Spec, desired
from tocsin.cli.plan_text import plan_text
from tocsin.plan import saved
from tocsin.plan.build import Desired, build
from tocsin.plan.judge import judged
from tocsin.plan.steps import (
    Bundle,
)
from tocsin.release.state_decision import Fate, StateDecision
from unit.plan.changes import release


def correlated(spec: Spec, wish: str = "") -> Desired:
    """The one detection `a`, a correlation."""
    wanted = desired({"a": spec})
    found = replace(wanted.entries[0], sources=("audit",), on_change=wish)  # type: ignore[arg-type] # any text
    return replace(wanted, entries=(found,))


def verdict_on(change: Spec, wish: str, verdict: StateDecision) -> tuple[Bundle, list[Any]]:
    """The plan for a changed correlation, and what was asked of the judge."""
    last = replace(release({}), entries=correlated(Spec()).entries)
    asked = []

    def judge(*question: Any) -> StateDecision:
        asked.append(question)
        return verdict

    old = {last.entries[0].artifact: b"b1"}
    return judged(build(correlated(change, wish), last, None), old, judge), asked


def test_a_changed_correlation_gets_a_verdict_on_its_state() -> None:
    verdict = StateDecision(Fate.REPLAY, "the timespan grew", replay_ms=1_800_000, risk_ms=90_000)
    changed = Spec(body="b2", logic="l2", version=2)
    bundle, asked = verdict_on(changed, "replay", verdict)
    assert asked == [("batch-sql", b"b1", b"b2", "replay")]
    told = "state: replay 30m, 90s at risk (the timespan grew)"
    assert told in str(plan_text(bundle.plan))
    assert bundle.plan.problems == ()
    assert saved.from_json(saved.to_json(bundle), "x").plan == bundle.plan


def test_a_wish_that_cannot_be_met_is_a_problem_of_the_plan() -> None:
    verdict = StateDecision(Fate.REPLAY, "the group changed", problem="the group changed")
    bundle, _ = verdict_on(Spec(body="b2", logic="l2", version=2), "keep", verdict)
    assert bundle.plan.problems == ("a asks to keep its state: the group changed",)


def test_only_changes_of_state_are_judged() -> None:
    _, asked = verdict_on(Spec(title="other"), "", StateDecision(Fate.KEEP, ""))
    assert asked == []
