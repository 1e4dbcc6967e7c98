"""The generations that the steps of a rollout work on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deployments.editions import BURSTS, MARK, Edition, compiled, identity
from tocsin.backend.streaming import Rollout
from tocsin.errors import EngineError
from tocsin.release.cutover import Cutover
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.generations import Generations, PipelineChange
from tocsin_flink_sql.deploy.rollout_plan import ChangeKind, plain_cutovers, plan_rollout
from unit.tocsin_flink_sql.deploy.shop import TOPIC, rollout, site

FIRST = Edition(1, {"ra": "a", "rb": "b"})


def never(_: bytes, __: bytes) -> StateDecision:
    raise AssertionError("the move brings its verdicts")


KEEP, REPLAY = StateDecision(Fate.KEEP, ""), StateDecision(Fate.REPLAY, "", replay_ms=4000)
SECOND = replace(FIRST, number=2, threshold=5)


def prepared(at: Site, move: Rollout) -> list[PipelineChange]:
    generations = Generations(at)
    comes = [change for change in plan_rollout(move, never) if change.after]
    for change in comes:
        generations.begin(change, move.release)
    return [generations.of(change, move.release) for change in comes]


def burst(found: list[PipelineChange]) -> PipelineChange:
    return next(step for step in found if step.after.pipeline == "burst")


def test_kept_state_stays_in_its_generation(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = prepared(at, rollout(None, FIRST, KEEP, 1))
    second = prepared(at, rollout(FIRST, SECOND, KEEP, 2))
    assert [step.generation for step in first] == [step.generation for step in second]
    assert not any(step.blue_green or step.same for step in second)


def test_other_state_is_another_generation_the_same_whenever_asked(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = burst(prepared(at, rollout(None, FIRST, KEEP, 1)))
    move = rollout(FIRST, SECOND, REPLAY, 2)
    second, again = burst(prepared(at, move)), burst(prepared(at, move))
    assert second == again
    assert second.blue_green
    assert second.old == first.generation != second.generation
    assert int(second.generation.start) > 0


def test_a_change_back_after_a_replay_is_a_generation_of_its_own(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = burst(prepared(at, rollout(None, FIRST, KEEP, 1)))
    second = burst(prepared(at, rollout(FIRST, SECOND, REPLAY, 2)))
    third = burst(prepared(at, rollout(SECOND, FIRST, REPLAY, 3)))
    assert len({each.generation for each in (first, second, third)}) == 3
    assert third.old == second.generation


def test_a_change_has_a_way_back_once_its_cut_is_sure(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = burst(prepared(at, rollout(None, FIRST, KEEP, 1)))
    first.generation.set_cutover(7)
    move = rollout(FIRST, SECOND, REPLAY, 2)
    second = burst(prepared(at, move))
    assert list(Generations(at).back(move)) == []
    second.generation.set_cutover(42)
    [way] = Generations(at).back(move)
    back = Generations(at).of(way, move.release)
    assert (back.after, back.before) == (second.before, second.after)
    assert (back.generation, back.old) == (first.generation, second.generation)
    assert back.blue_green
    assert back.generation.cutover is None  # that of its own beginning is over


def test_an_impossible_wish_is_refused(tmp_path: Path) -> None:
    at = site(tmp_path)
    prepared(at, rollout(None, FIRST, KEEP, 1))
    with pytest.raises(EngineError, match="cannot be"):
        prepared(at, rollout(FIRST, SECOND, StateDecision(Fate.KEEP, "", problem="it cannot be")))


def test_versions_that_never_run_together_both_count(tmp_path: Path) -> None:
    at = site(tmp_path)
    prepared(at, rollout(None, FIRST, KEEP, 1))
    kept, replayed = (rollout(FIRST, SECOND, v, 2) for v in (KEEP, REPLAY))
    old, new = compiled(FIRST, TOPIC).queries, compiled(SECOND, TOPIC).queries
    cutovers = [Cutover(identity(k), old[k].logic, new[k].logic) for k in (MARK, BURSTS)]
    assert set(plain_cutovers(plan_rollout(kept, never), kept)) == set(cutovers)
    assert set(plain_cutovers(plan_rollout(replayed, never), replayed)) == set(cutovers[:1])


APART = replace(FIRST, number=2, isolated="ra")


def test_who_leaves_a_pack_begins_where_it_stops(tmp_path: Path) -> None:
    at = site(tmp_path)
    prepared(at, rollout(None, FIRST, KEEP, 1))
    move = rollout(FIRST, APART, KEEP, 2)
    for _ in range(2):
        found = {step.after.pipeline: step for step in prepared(at, move)}
        assert found["audit/ra"].generation.start == ""
        assert found["audit"].before is not None
        assert identity("ra") in found["audit"].before.detections


def test_who_was_apart_before_is_a_job_before(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = prepared(at, rollout(None, APART, KEEP, 1))
    assert all(each.generation.start for each in first)
    move = rollout(APART, replace(FIRST, number=3), KEEP, 2)
    [gone, *_] = plan_rollout(move, never)
    assert (gone.kind, gone.pipeline) == (ChangeKind.MERGE, "audit/ra")
    assert [step.after.pipeline for step in prepared(at, move)] == ["audit", "burst"]
