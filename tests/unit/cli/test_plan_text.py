"""The rollout of a plan, as it is shown."""

from __future__ import annotations

from tocsin.backend.streaming import RolloutStep
from tocsin.cli.plan_text import rollout_markdown, rollout_text

STEPS = (
    RolloutStep("burst", ("stop with a savepoint", "start from it"), "same windows"),
    RolloutStep("a*udit", ()),
)


def test_each_job_is_a_line() -> None:
    assert rollout_text(STEPS).plain.splitlines() == [
        "Rollout",
        "  burst: stop with a savepoint, then start from it (same windows)",
        "  a*udit: runs on",
    ]


def test_in_markdown_it_is_a_list() -> None:
    first, second = rollout_markdown(STEPS).removeprefix("\n**Rollout**\n\n").splitlines()
    assert first.startswith("- burst: stop with a savepoint, then start from it")
    assert second == r"- a\*udit: runs on"
    assert rollout_markdown(()) == ""
