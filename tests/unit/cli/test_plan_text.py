"""The rollout of a plan, as it is shown."""

from __future__ import annotations

from tocsin.backend.streaming import Phase
from tocsin.cli.plan_text import rollout_markdown, rollout_text
from tocsin.deploy.rollout import PlannedStep

STEPS = (
    PlannedStep("flink-sql", Phase.STAGE, "start", ("a*udit", "burst"), lambda _: None),
    PlannedStep("", Phase.SWITCH, "publish release 2", (), lambda _: None),
)


def test_each_step_is_a_line() -> None:
    assert rollout_text(STEPS).plain.splitlines() == [
        "Rollout",
        "  1. flink-sql · start: a*udit, burst",
        "  2. publish release 2",
    ]


def test_in_markdown_it_is_a_list() -> None:
    first, second = rollout_markdown(STEPS).removeprefix("\n**Rollout**\n\n").splitlines()
    assert first == r"1. flink-sql · start: a\*udit, burst"
    assert second == "2. publish release 2"
    assert rollout_markdown(()) == ""
