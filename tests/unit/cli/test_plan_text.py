"""Plans and their rollouts, as they are shown."""

from __future__ import annotations

from rich.console import Console

from deploying import Spec, desired
from tocsin.backend.streaming import Phase
from tocsin.cli.plan_text import plan_text, rollout_markdown, rollout_text
from tocsin.deploy.rollout import PlannedStep
from unit.plan.changes import plan

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


def test_a_line_reads_as_promised() -> None:
    before = {"payout-destination-changed": Spec(version=7)}
    after = {"payout-destination-changed": Spec(logic="l2", body="b9", version=8)}
    line = plan_text(plan(before, after).plan).plain.splitlines()[1]
    old, new = (desired(s).entries[0].artifact[:8] for s in (before, after))
    assert line == (
        "~ payout-destination-changed v7 → v8 · changed · batch-sql audit · "
        f"artifact {old} → {new} · 2 cases"
    )


def test_control_characters_never_reach_the_terminal() -> None:
    bundle = plan({}, {"a": Spec(key="\x1b[2Jrule\r")})
    page = plan_text(bundle.plan).plain
    assert "\x1b" not in page
    assert "\r" not in page


def test_rich_markup_in_a_name_stays_text() -> None:
    console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - closed below
    console.print(plan_text(plan({}, {"a": Spec(key="[red]x[/red]")}).plan))
    console.file.close()
    assert "[red]x[/red]" in console.export_text()
