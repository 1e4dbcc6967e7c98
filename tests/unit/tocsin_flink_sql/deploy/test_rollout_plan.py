"""A rollout of Flink's jobs as data: what happens to each, and why, before anything happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployments.editions import BURSTS, Edition, compiled, identity
from tocsin.backend.streaming import Rollout
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.rollout_plan import JobStep, StepKind, plan_rollout

FIRST = Edition(1, {"ra": "a", "rb": "b"})
SECOND = replace(FIRST, number=2, threshold=5)
APART = replace(FIRST, number=2, isolated="ra")
NO_BURST = replace(FIRST, number=2, threshold=0)
KEPT = StateDecision(Fate.KEEP, "the window is the same")
REPLAYED = StateDecision(Fate.REPLAY, "another key", replay_ms=4000)
NEW = StateDecision(Fate.RESET, "as asked")


def steps(before: Edition | None, after: Edition, decision: StateDecision = KEPT) -> list[JobStep]:
    old, new = (compiled(side, "audit") if side else None for side in (before, after))
    assert new
    entries, bodies = (old.entries, old.bodies) if old else ((), {})
    known = {identity(BURSTS): decision}
    rollout = Rollout(2, entries, new.entries, {**bodies, **new.bodies}, known)
    return plan_rollout(rollout, lambda *_: pytest.fail("it was decided"))


@pytest.mark.parametrize(
    ("before", "after", "decision", "kinds"),
    [
        (None, FIRST, KEPT, {"audit": StepKind.START, "burst": StepKind.START}),
        (FIRST, FIRST, KEPT, {"audit": StepKind.KEEP, "burst": StepKind.KEEP}),
        (FIRST, SECOND, KEPT, {"audit": StepKind.UPGRADE, "burst": StepKind.UPGRADE}),
        (FIRST, SECOND, REPLAYED, {"audit": StepKind.UPGRADE, "burst": StepKind.REPLAY}),
        (FIRST, SECOND, NEW, {"audit": StepKind.UPGRADE, "burst": StepKind.RESET}),
        (FIRST, NO_BURST, KEPT, {"burst": StepKind.STOP, "audit": StepKind.UPGRADE}),
        (NO_BURST, FIRST, KEPT, {"audit": StepKind.UPGRADE, "burst": StepKind.START}),
    ],
)
def test_each_job_has_one_step(
    before: Edition | None, after: Edition, decision: StateDecision, kinds: dict[str, StepKind]
) -> None:
    found = steps(before, after, decision)
    assert {step.pipeline: step.kind for step in found} == kinds
    assert len(found) == len(kinds)


def test_who_leaves_a_pack_begins_where_its_job_stops() -> None:
    found = {step.pipeline: step for step in steps(FIRST, APART)}
    assert found["audit/ra"].kind is StepKind.SPLIT
    assert found["audit/ra"].why == "before: audit"
    assert found["audit"].kind is StepKind.UPGRADE


def test_who_comes_back_to_a_pack_runs_until_that_runs() -> None:
    first, *_ = steps(APART, replace(FIRST, number=3))
    assert (first.pipeline, first.kind) == ("audit/ra", StepKind.MERGE)
    assert first.kind.value[0] == "stop once the job that takes its detections runs"


def test_the_reason_is_that_of_the_decision() -> None:
    *_, burst = steps(FIRST, SECOND, REPLAYED)
    assert burst.why == "another key"
    assert burst.kind.value[:3] == (
        "start beside the old one",
        "read events again",
        "cut over at an event time",
    )
