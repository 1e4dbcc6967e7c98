"""`tocsin rollback`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment
from tocsin.app.rollback import plan_rollback, roll_back
from tocsin.cli import completion
from tocsin.cli.deploying import (
    out_option,
    refuse_out,
    reviewer,
    show_plan,
    tell_release,
)
from tocsin.cli.options import consent_options, environment_options
from tocsin.cli.output import format_option, say


@click.command()
@click.argument("rule", required=False, shell_complete=completion.detections)
@click.option(
    "--to",
    metavar="N",
    shell_complete=completion.releases,
    help="A release or, with RULE, a version of the rule.",
)
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@out_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@consent_options
@environment_options
@format_option("text", "json")
def rollback(  # noqa: PLR0913 - one parameter per option
    opened: OpenEnvironment,
    *,
    rule: str | None,
    to: str | None,
    dry_run: bool,
    out: Path | None,
    yes: bool,
    given: Given,
    fmt: str,
) -> None:
    """Return to an older release, or one detection (key, id or prefix) to an older version.

    Without --to, RULE returns to the previous version. The stored bytes are deployed and nothing
    is compiled; a rollback is itself a new release.
    """
    if dry_run:
        show_plan(plan_rollback(opened, rule, to), out, fmt)
        return
    opened.reachable()
    refuse_out(out)
    review = reviewer("" if yes else "Go back?")
    release = roll_back(opened, rule, to, given, review)
    if release:
        say("the project still has the newer version: the next plan shows it as a change again")
    tell_release(release, fmt)
