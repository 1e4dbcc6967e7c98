"""`tocsin rollback`."""

from __future__ import annotations

import click

from tocsin.app.environment import OpenEnvironment
from tocsin.app.rollback import plan_rollback, roll_back
from tocsin.cli import completion
from tocsin.cli.deploying import on_input_terminal, reviewer, tell_release
from tocsin.cli.options import approvals_option, environment_options
from tocsin.cli.output import echo_json, format_option, say, show
from tocsin.cli.plan_text import plan_text
from tocsin.plan import explain


@click.command()
@click.argument("rule", required=False, shell_complete=completion.detections)
@click.option(
    "--to",
    metavar="N",
    shell_complete=completion.releases,
    help="A release or, with RULE, a version of the rule.",
)
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@approvals_option
@environment_options
@format_option("text", "json")
def rollback(  # noqa: PLR0913 - one parameter per option
    opened: OpenEnvironment,
    *,
    rule: str | None,
    to: str | None,
    dry_run: bool,
    yes: bool,
    approvals: tuple[str, ...],
    fmt: str,
) -> None:
    """Return to an older release, or one detection (key, id or prefix) to an older version.

    Without --to, RULE returns to the previous version. The stored bytes are deployed and nothing
    is compiled; a rollback is itself a new release.
    """
    opened.reachable()
    if dry_run:
        plan = plan_rollback(opened, rule, to).plan
        echo_json(explain.as_json(plan)) if fmt == "json" else show(plan_text(plan))
        return
    review = reviewer("Go back?" if on_input_terminal() and not yes else "")
    release = roll_back(opened, rule, to, approvals, review)
    if release:
        say("the project still has the newer version: the next plan shows it as a change again")
    tell_release(release, fmt)
