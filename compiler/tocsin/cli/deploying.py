"""What commands that deploy have in common: the plan shown, the question, the release told."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.app.apply import Review
from tocsin.cli.output import console, echo_json, on_terminal, show
from tocsin.cli.paths import WrittenPath
from tocsin.cli.plan_text import plan_text, print_plan
from tocsin.errors import ConfigError, DeclinedError
from tocsin.plan import saved
from tocsin.plan.steps import Bundle, Plan
from tocsin.state.release import Release

NOBODY = "the plan must be confirmed, and there is no terminal to ask on"
out_option = click.option(
    "--out",
    type=WrittenPath(folder=False),
    help="With --dry-run: save the plan, for `tocsin approve`.",
)


def show_plan(bundle: Bundle, out: Path | None, fmt: str) -> None:
    """The plan, which nobody carries out now; saved, if it is to be approved."""
    print_plan(bundle.plan, fmt)
    if out:
        saved.write(bundle, out)


def refuse_out(out: Path | None) -> None:
    """Raises ConfigError where a plan is to be saved and carried out at once."""
    if out:
        raise ConfigError("--out needs --dry-run")


def reviewer(question: str) -> Review:
    """Shows the plan; where there is a question, and something to deploy, it is asked."""

    def review(plan: Plan) -> None:
        console().print(plan_text(plan), soft_wrap=True)
        if not question or not plan.steps or plan.problems:
            return
        if not on_input_terminal():
            raise ConfigError(NOBODY, hint="give --yes")
        if not _agreed(question):
            raise DeclinedError("nothing was deployed", exit_code=1)

    return review


def _agreed(question: str) -> bool:
    """The answer. Asked on stderr: stdout has results alone, to which click would add a blank."""
    click.echo(f"{question} [y/N]: ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not on_terminal():  # which has the line break that was typed
        click.echo(err=True)
    if not answer:
        raise click.Abort
    return answer.strip().lower() in ("y", "yes")


def tell_release(release: Release | None, fmt: str) -> None:
    """One line on the release that was just made, or its record."""
    if fmt == "json":
        echo_json({"release": release.record if release else None})
    elif release:
        done = " · ".join(f"{n} {action}" for action, n in release.counts.items())
        made = f"release {release.number} of {release.environment} ({release.commit[:7]})"
        show(f"{made}: {done}")


def on_input_terminal() -> bool:
    """Whether someone is there to answer a question."""
    return sys.stdin.isatty()
