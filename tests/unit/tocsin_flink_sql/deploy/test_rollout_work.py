"""The functions that carry out steps: one for each."""

from __future__ import annotations

from threading import Lock

import pytest

from tocsin_flink_sql.deploy.rollout_steps import JobAction
from tocsin_flink_sql.deploy.rollout_work import FUNCTIONS, each_of


def test_each_step_has_a_function() -> None:
    assert set(FUNCTIONS) == set(JobAction)


def test_what_fails_holds_nobody_else_up() -> None:
    done, lock = [], Lock()

    def work(number: int) -> None:
        if number % 2:
            raise ValueError(number)
        with lock:
            done.append(number)

    with pytest.raises(ValueError, match="1"):
        each_of(work, range(10))
    assert sorted(done) == [0, 2, 4, 6, 8]
