"""The steps of a rollout as data: their order, and which jobs each concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from deployments.editions import Edition
from tocsin.backend.streaming import Phase
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.job_specs import JobSpec
from tocsin_flink_sql.deploy.rollout_plan import BESIDE, ChangeKind, JobChange, plan_rollout
from tocsin_flink_sql.deploy.rollout_steps import (
    JobAction,
    JobsStep,
    jobs_at_once,
    steps_back,
    steps_forward,
)
from unit.tocsin_flink_sql.deploy.shop import KEPT, rollout, specs

FIRST = Edition(1, {"ra": "a", "rb": "b"})
SECOND = replace(FIRST, number=2, threshold=5)
APART = replace(FIRST, number=2, isolated="ra")
NO_BURST = replace(FIRST, number=2, threshold=0)
REPLAYED = StateDecision(Fate.REPLAY, "another key", replay_ms=4000)


def steps(
    before: Edition | None, after: Edition | None, decision: StateDecision = KEPT
) -> list[JobsStep]:
    way = rollout(before, after, decision)
    return steps_forward(plan_rollout(way, lambda *_: pytest.fail("it was decided")), way)


def told(found: Sequence[JobsStep], phase: Phase) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.action.name, step.subjects) for step in found if step.phase is phase]


def test_a_first_release_starts_all() -> None:
    found, both = steps(None, FIRST), ("audit", "burst")
    assert told(found, Phase.STAGE) == [
        ("LOOK_FOR_TASK_SLOTS", both),
        ("MAKE_TOPICS", ("audit",)),
        ("BEGIN_GENERATIONS", both),
        ("CHECK", both),
    ]
    assert told(found, Phase.SWITCH) == [("START", both)]
    assert told(found, Phase.SETTLE) == [("SWEEP", ()), ("DELETE_JARS", ())]


def test_without_a_new_job_nobody_looks_for_task_slots() -> None:
    found, both = steps(FIRST, SECOND), ("audit", "burst")
    assert told(found, Phase.STAGE)[0][0] == "MAKE_TOPICS"
    assert told(found, Phase.STAGE)[-1] == ("COUNT_BOTH", ("burst", "mark"))
    assert told(found, Phase.SWITCH) == [("UPGRADE", both)]
    assert told(found, Phase.SETTLE)[0] == ("END_CUTOVERS", ("burst",))


def test_where_nothing_changes_it_is_seen_that_all_runs() -> None:
    found, both = steps(FIRST, FIRST), ("audit", "burst")
    assert told(found, Phase.STAGE)[1:] == [
        ("BEGIN_GENERATIONS", both),
        ("RESTORE_FILES", both),
    ]
    assert told(found, Phase.SWITCH) == [("SEE_IT_RUN", both)]


def test_state_that_is_made_anew_is_made_before_anything_stops() -> None:
    found = steps(FIRST, SECOND, REPLAYED)
    assert told(found, Phase.STAGE)[-3:] == [
        ("START_BESIDE", ("burst",)),
        ("CUT_OVER", ("burst",)),
        ("COUNT_BOTH", ("mark",)),
    ]
    assert told(found, Phase.SWITCH) == [("SEE_BOTH_RUN", ("burst",)), ("UPGRADE", ("audit",))]
    assert told(found, Phase.SETTLE)[:2] == [
        ("END_OLD", ("burst",)),
        ("END_CUTOVERS", ("burst",)),
    ]


def test_what_leaves_a_pack_starts_once_that_has_stopped_and_what_joins_one_ends_once_it_runs() -> (
    None
):
    assert told(steps(FIRST, APART), Phase.SWITCH) == [
        ("UPGRADE", ("audit",)),
        ("SEE_IT_RUN", ("burst",)),
        ("START_SPLIT", ("audit/ra",)),
    ]
    assert told(steps(APART, replace(FIRST, number=3)), Phase.SWITCH) == [
        ("UPGRADE", ("audit",)),
        ("SEE_IT_RUN", ("burst",)),
        ("STOP_MERGED", ("audit/ra",)),
    ]


def test_what_is_removed_stops_first_and_is_swept_away_last() -> None:
    found = steps(FIRST, NO_BURST)
    assert told(found, Phase.SWITCH) == [("STOP", ("burst",)), ("UPGRADE", ("audit",))]
    assert told(found, Phase.SETTLE)[0] == ("SWEEP", ("burst",))
    assert told(steps(NO_BURST, None), Phase.SWITCH) == [("STOP", ("audit",))]


def test_every_job_that_comes_is_started_or_seen_to_in_one_step() -> None:
    """Whatever happens to it: no kind of change is forgotten by the order of steps."""
    job = specs(FIRST)["audit"]
    for kind in set(ChangeKind) - {ChangeKind.STOP, ChangeKind.MERGE, ChangeKind.BACK}:
        found = steps_forward([JobChange(kind, job)], rollout(None, FIRST))
        assert len(told(found, Phase.SWITCH)) == 1, kind


def test_on_the_way_back_what_has_taken_over_is_cut_over_again() -> None:
    before, after = specs(FIRST)["burst"], specs(SECOND)["burst"]
    ways = [JobChange(ChangeKind.BACK, before, after)]
    kept = [JobChange(ChangeKind.KEEP, spec, spec) for spec in specs(FIRST).values()]
    found = steps_back([*ways, *kept], rollout(FIRST, SECOND, REPLAYED).back)
    assert [step.action.name for step in found] == [
        *("START_BESIDE", "CUT_OVER", "END_OLD", "END_CUTOVERS"),
        *("BEGIN_GENERATIONS", "START_OLD", "SWEEP"),
    ]
    assert all(step.subjects == ("burst",) for step in found[:4])
    assert found[5].subjects == ("audit", "burst")


def change(kind: ChangeKind, name: str) -> JobChange:
    after: JobSpec = replace(specs(FIRST)["audit"], pipeline=name)
    if kind in (ChangeKind.STOP, ChangeKind.MERGE):
        return JobChange(kind, before=after)
    return JobChange(kind, after, after if kind in {*BESIDE, ChangeKind.UPGRADE} else None)


START, STOP, REPLAY, UPGRADE = (
    *(ChangeKind.START, ChangeKind.STOP),
    *(ChangeKind.REPLAY, ChangeKind.UPGRADE),
)


@pytest.mark.parametrize(
    ("kinds", "living", "there", "more"),
    [
        ({"a": START, "b": START}, "", "", 2),
        ({"a": START, "b": START}, "a", "a", 1),  # an apply was killed after it had started one
        ({"a": UPGRADE, "b": UPGRADE}, "ab", "", 0),
        ({"a": STOP, "b": START}, "a", "", 0),
        ({"a": STOP, "b": START}, "", "", 1),  # it has ended already
        ({"a": STOP, "b": REPLAY}, "ab", "", 1),  # beside the old one, before anything stops
        ({"a": STOP, "b": REPLAY, "c": START}, "ab", "", 1),
        ({"a": STOP, "b": STOP}, "ab", "", 0),
        ({}, "", "", 0),
    ],
)
def test_how_many_jobs_more_than_now_run_at_once(
    kinds: dict[str, ChangeKind], living: str, there: str, more: int
) -> None:
    changes = [change(kind, name) for name, kind in kinds.items()]
    assert jobs_at_once(changes, set(living), set(there)) == more


def test_points_are_named_like_steps() -> None:
    assert JobAction.END_CUTOVERS.point == "end-cutovers"
    assert len({action.value for action in JobAction}) == len(JobAction)
