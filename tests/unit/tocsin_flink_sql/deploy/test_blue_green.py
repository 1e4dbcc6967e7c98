"""When a new generation has caught up, and from which moment on its matches count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deployments.editions import Edition
from tocsin.release.cutover import Cutover
from tocsin_flink_sql.deploy.blue_green import (
    NEAR_MS,
    Transition,
    at_rest,
    has_caught_up,
    has_reached,
    is_sure,
    latest,
)
from tocsin_flink_sql.deploy.generations import PipelineChange
from tocsin_flink_sql.deploy.rollout_plan import LogicChange
from tocsin_flink_sql.state.storage import Storage
from unit.tocsin_flink_sql.deploy.shop import specs

FIRST = Edition(1, {"ra": "a"})
SECOND = replace(FIRST, number=2, threshold=5)
CHANGE = LogicChange("burst", "old", "new")


@pytest.mark.parametrize(
    ("old", "new", "yes"),
    [
        (None, None, True),  # the old one has read nothing
        (None, 5, True),
        (10_000, None, False),
        (10_000, 10_000 - NEAR_MS, True),
        (10_000, 9999 - NEAR_MS, False),
        (10_000, 20_000, True),
    ],
)
def test_the_new_one_has_caught_up_when_it_is_about_as_far(
    old: int | None, new: int | None, *, yes: bool
) -> None:
    assert has_caught_up(old, new) == yes


def test_a_cut_is_sure_while_neither_has_got_past_it() -> None:
    assert is_sure(100, (100, 90))
    assert is_sure(100, (None, None))
    assert not is_sure(100, (90, 101))
    assert not is_sure(100, (101, None))


def test_the_old_one_alone_must_reach_the_cut() -> None:
    assert has_reached(100, (100, None))
    assert not has_reached(100, (99, 500))
    assert not has_reached(100, (None, 500))


def test_where_no_event_comes_both_stand_still_at_one_moment() -> None:
    assert at_rest((50, 50), (50, 50))
    assert not at_rest((50, 50), None)
    assert not at_rest((50, 50), (40, 50))
    assert not at_rest((50, 40), (50, 40))  # the new one has more to read
    assert at_rest((None, None), (None, None))


def test_the_latest_watermark() -> None:
    assert latest((3, 7)) == 7
    assert latest((None, 7)) == 7
    assert latest((None, None)) == -1


def transition(tmp_path: Path, *, same_generation: bool) -> Transition:
    storage = Storage(tmp_path)
    old = storage.begin("burst", 1, 1, "earliest")
    new = old if same_generation else storage.begin("burst", 2, 2, "7")
    before, after = (specs(edition)["burst"] for edition in (FIRST, SECOND))
    return Transition(PipelineChange(after, new, before, old), CHANGE)


def test_a_cut_is_sure_once_it_is_written_down(tmp_path: Path) -> None:
    made = transition(tmp_path, same_generation=False)
    assert made.pipeline == "burst"
    assert made.cutover((5,)) == Cutover("burst", "old", "new", None, ends=(5,))
    made.step.generation.set_cutover(42)
    assert made.at == 42
    assert made.cutover((5,)) == Cutover("burst", "old", "new", 42, sure=True, ends=(5,))


def test_one_that_keeps_its_state_has_no_cut(tmp_path: Path) -> None:
    made = transition(tmp_path, same_generation=True)
    made.step.generation.set_cutover(42)  # that of its own beginning
    assert made.cutover((5,)) == Cutover("burst", "old", "new", None, ends=(5,))
