"""What is asked of a job before it counts as healthy, and when nobody waits on."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin_flink_sql.deploy.health import (
    HOPELESS,
    NO_TASK_SLOTS,
    GroupProgress,
    is_hopeless,
    is_running,
    main_failure,
    unsettled,
)

FIRST, SECOND = ("audit", 0), ("audit", 1)


def told(state: str = "RUNNING", *tasks: str, since: int = 0, now: int = 10_000) -> dict[str, Any]:
    """A job as Flink tells of it."""
    vertices = [{"status": status} for status in tasks or ("RUNNING", "RUNNING")]
    return {"state": state, "vertices": vertices, "now": now, "timestamps": {"RUNNING": since}}


def test_a_job_runs_when_all_its_tasks_do() -> None:
    assert is_running(told())
    assert not is_running(told("RUNNING", "RUNNING", "INITIALIZING"))
    assert not is_running(told("RESTARTING"))
    assert not is_running({**told(), "vertices": []})


@pytest.mark.parametrize(
    ("failed", "checkpoint", "reason"),
    [
        ((), 6000, ""),
        ((), 5000, "no checkpoint has completed"),  # that one may be of the run before
        ((), 0, "no checkpoint has completed"),
        ((6500,), 6400, "no checkpoint has completed"),
        ((6500,), 6600, ""),
        ((7500, 1000), 9000, "it has just been started"),
    ],
)
def test_a_job_has_settled_with_a_checkpoint_some_time_after_its_last_failure(
    failed: tuple[int, ...], checkpoint: int, reason: str
) -> None:
    assert unsettled(told(since=5000), failed, checkpoint, steady=3.0) == reason


def test_a_job_that_has_just_been_started_has_not_settled() -> None:
    assert unsettled(told(since=8000), (), 9000, steady=3.0) == "it has just been started"
    assert unsettled(told(since=7000), (), 9000, steady=3.0) == ""


def test_nobody_waits_for_what_has_ended_or_fails_again_and_again() -> None:
    assert is_hopeless("FAILED", ())
    assert is_hopeless("RESTARTING", ["a: b"] * HOPELESS)
    assert not is_hopeless("RESTARTING", ["a: b"] * (HOPELESS - 1))
    assert not is_hopeless("RUNNING", ())


def test_that_a_task_manager_is_gone_is_not_the_jobs_fault() -> None:
    gone = f"{NO_TASK_SLOTS}: could not acquire"
    assert not is_hopeless("RESTARTING", [gone] * 9)
    assert main_failure([gone, "a: b", "a: c"]) == "a: b"
    assert main_failure([gone]) == gone
    assert main_failure([]) == ""


@pytest.mark.parametrize(
    ("read", "now", "behind"),
    [
        ({FIRST: 3}, {FIRST: 3}, {FIRST: 3}),
        ({FIRST: 3}, {FIRST: 4}, {}),  # it reads
        ({FIRST: 9}, {FIRST: 9}, {}),  # it has read all that there was
        ({}, {}, {FIRST: -1}),  # it never read
    ],
)
def test_a_job_is_behind_where_it_has_not_read_on(
    read: dict[tuple[str, int], int],
    now: dict[tuple[str, int], int],
    behind: dict[tuple[str, int], int],
) -> None:
    """The second partition is empty: nothing of it is missing."""
    assert GroupProgress(read, {FIRST: 9, SECOND: 0}).behind(now) == behind


def test_one_partition_that_is_read_on_is_enough() -> None:
    began = GroupProgress({FIRST: 3, SECOND: 3}, {FIRST: 9, SECOND: 9})
    assert began.behind({FIRST: 3, SECOND: 4}) == {}
    assert began.behind({FIRST: 3, SECOND: 3}) == {FIRST: 3, SECOND: 3}
