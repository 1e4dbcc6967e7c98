"""What commands that deploy have in common: the plan shown, the question, the release told."""

from __future__ import annotations

import sys

import click

from tocsin.app.apply import Review
from tocsin.cli.output import console, echo_json, on_terminal, show
from tocsin.cli.plan_text import plan_text
from tocsin.errors import DeclinedError
from tocsin.plan.steps import Plan
from tocsin.state.release import Release


def reviewer(question: str) -> Review:
    """Shows the plan; where there is a question, and something to deploy, it is asked."""

    def review(plan: Plan) -> None:
        console().print(plan_text(plan), soft_wrap=True)
        asked = question and plan.steps and not plan.problems
        if asked and not _agreed(question):
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
