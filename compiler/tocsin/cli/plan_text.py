"""How plans are shown and saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from tocsin.cli.output import echo_json, say, show
from tocsin.deploy.rollout import PlannedStep
from tocsin.escape import markdown as markdown_text
from tocsin.escape import printable
from tocsin.plan import saved
from tocsin.plan.explain import (
    NOT_KNOWN,
    PlanKnowledge,
    as_json,
    heading,
    markdown,
    pack_facts,
    rows,
    summary,
)
from tocsin.plan.steps import Bundle, Plan

_STYLES = {"+": "green", "~": "yellow", "-": "red", "=": "cyan", "!": "magenta", "x": "bold red"}


def plan_text(plan: Plan, known: PlanKnowledge = NOT_KNOWN) -> Text:
    """The plan for a terminal; colours are styles, so that a pipe gets none."""
    page = Text()
    page.append(f"{printable(heading(plan))}\n", "bold")
    for row in rows(plan, known):
        page.append(f"{row.symbol} {printable(row.name)}", _STYLES[row.symbol])
        page.append(f" {row.version}" if row.version else "")
        page.append("".join(f" · {printable(fact)}" for fact in row.facts))
        page.append("\n")
    for pack in plan.packs:
        page.append(f"pack {printable(pack.source)}", "cyan")
        page.append("".join(f" · {printable(fact)}" for fact in pack_facts(pack)) + "\n")
    for warning in plan.warnings:
        page.append(f"warning: {printable(warning)}\n", "yellow")
    for problem in plan.problems:
        page.append(f"error: {printable(problem)}\n", "bold red")
    page.append(summary(plan), "bold")
    return page


def rollout_text(steps: Sequence[PlannedStep]) -> Text:
    """What apply does, one step a line, in its order."""
    page = Text("Rollout\n", "bold")
    for number, step in enumerate(steps, 1):
        page.append(f"{number:>3}. {printable(step.words)}\n")
    return page


def rollout_markdown(steps: Sequence[PlannedStep]) -> str:
    """The same as a list in Markdown; empty without steps."""
    lines = [f"{n}. {markdown_text(step.words)}\n" for n, step in enumerate(steps, 1)]
    return "".join(["\n**Rollout**\n\n", *lines]) if steps else ""


def print_plan(
    plan: Plan,
    fmt: str,
    steps: Sequence[PlannedStep] = (),
    known: PlanKnowledge = NOT_KNOWN,
) -> None:
    """The plan on stdout, with the steps of its rollout and what is known besides."""
    if fmt == "json":
        told: dict[str, Any] = {"rollout": [step.record for step in steps]} if steps else {}
        echo_json({**as_json(plan), **told, **known.record})
    elif fmt == "markdown":
        click.echo(markdown(plan, known) + rollout_markdown(steps), nl=False)
    else:
        show(plan_text(plan, known))
        if steps:
            show(rollout_text(steps))


def save_plan(bundle: Bundle, out: Path) -> None:
    """Save the plan, and say how it is applied."""
    saved.write(bundle, out)
    env = bundle.plan.environment
    say(f"saved to {out}: `tocsin apply --env {env} --plan {out}` deploys exactly this")
