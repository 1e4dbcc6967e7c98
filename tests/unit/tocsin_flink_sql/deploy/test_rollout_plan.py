"""A rollout of Flink's jobs as data: what happens to each, and why, before anything happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployments.editions import Edition
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.rollout_plan import ChangeKind, JobChange, plan_rollout
from unit.tocsin_flink_sql.deploy.shop import KEPT, rollout

FIRST = Edition(1, {"ra": "a", "rb": "b"})
SECOND = replace(FIRST, number=2, threshold=5)
APART = replace(FIRST, number=2, isolated="ra")
NO_BURST = replace(FIRST, number=2, threshold=0)
REPLAYED = StateDecision(Fate.REPLAY, "another key", replay_ms=4000)
NEW = StateDecision(Fate.RESET, "as asked")


def changes(
    before: Edition | None, after: Edition, decision: StateDecision = KEPT
) -> list[JobChange]:
    return plan_rollout(rollout(before, after, decision), lambda *_: pytest.fail("it was decided"))


@pytest.mark.parametrize(
    ("before", "after", "decision", "kinds"),
    [
        (None, FIRST, KEPT, {"audit": ChangeKind.START, "burst": ChangeKind.START}),
        (FIRST, FIRST, KEPT, {"audit": ChangeKind.KEEP, "burst": ChangeKind.KEEP}),
        (FIRST, SECOND, KEPT, {"audit": ChangeKind.UPGRADE, "burst": ChangeKind.UPGRADE}),
        (FIRST, SECOND, REPLAYED, {"audit": ChangeKind.UPGRADE, "burst": ChangeKind.REPLAY}),
        (FIRST, SECOND, NEW, {"audit": ChangeKind.UPGRADE, "burst": ChangeKind.RESET}),
        (FIRST, NO_BURST, KEPT, {"burst": ChangeKind.STOP, "audit": ChangeKind.UPGRADE}),
        (NO_BURST, FIRST, KEPT, {"audit": ChangeKind.UPGRADE, "burst": ChangeKind.START}),
    ],
)
def test_each_job_has_one_change(
    before: Edition | None, after: Edition, decision: StateDecision, kinds: dict[str, ChangeKind]
) -> None:
    found = changes(before, after, decision)
    assert {step.pipeline: step.kind for step in found} == kinds
    assert len(found) == len(kinds)


def test_who_leaves_a_pack_begins_where_its_job_stops() -> None:
    found = {step.pipeline: step for step in changes(FIRST, APART)}
    assert found["audit/ra"].kind is ChangeKind.SPLIT
    assert found["audit/ra"].parent == "audit"
    assert found["audit"].kind is ChangeKind.UPGRADE


def test_who_comes_back_to_a_pack_runs_until_that_runs() -> None:
    first, *_ = changes(APART, replace(FIRST, number=3))
    assert (first.pipeline, first.kind) == ("audit/ra", ChangeKind.MERGE)
