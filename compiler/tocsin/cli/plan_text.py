"""How plans are shown and saved."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from tocsin.cli.output import echo_json, say, show
from tocsin.escape import printable
from tocsin.plan import saved
from tocsin.plan.explain import as_json, heading, markdown, pack_facts, rows, summary
from tocsin.plan.steps import Bundle, Plan

_STYLES = {"+": "green", "~": "yellow", "-": "red", "=": "cyan", "!": "magenta", "x": "bold red"}


def plan_text(plan: Plan) -> Text:
    """The plan for a terminal; colours are styles, so that a pipe gets none."""
    page = Text()
    page.append(f"{printable(heading(plan))}\n", "bold")
    for row in rows(plan):
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


def print_plan(plan: Plan, fmt: str) -> None:
    """The plan on stdout."""
    if fmt == "json":
        echo_json(as_json(plan))
    elif fmt == "markdown":
        click.echo(markdown(plan), nl=False)
    else:
        show(plan_text(plan))


def save_plan(bundle: Bundle, out: Path) -> None:
    """Save the plan, and say how it is applied."""
    saved.write(bundle, out)
    env = bundle.plan.environment
    say(f"saved to {out}: `tocsin apply --env {env} --plan {out}` deploys exactly this")
