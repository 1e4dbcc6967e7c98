"""`tocsin promote`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.app import promote as use_case
from tocsin.app.consent import Given
from tocsin.app.environment import open_environment
from tocsin.cli import completion
from tocsin.cli.deploying import (
    out_option,
    refuse_out,
    reviewer,
    show_plan,
    tell_release,
)
from tocsin.cli.options import consent_options, remote_option
from tocsin.cli.output import format_option
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress


@click.command()
@click.argument("rule", shell_complete=completion.detections)
@click.option(
    "--to",
    "env",
    required=True,
    metavar="ENV",
    shell_complete=completion.environments,
    help="Environment in tocsin.toml.",
)
@click.option("--project", type=GivenPath(exists=True, file=False), help="Folder of the project.")
@remote_option
@click.option(
    "--force", is_flag=True, help="Promote whatever the policy says; the release records it."
)
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@out_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@consent_options
@format_option("text", "json")
def promote(  # noqa: PLR0913 - one parameter per option
    rule: str,
    *,
    env: str,
    project: Path | None,
    remote: str,
    force: bool,
    dry_run: bool,
    out: Path | None,
    yes: bool,
    given: Given,
    fmt: str,
) -> None:
    """Make the shadow version of RULE live; it replaces the live version if there is one.

    `tocsin: {promote: {after: 72h, max_alerts_per_day: 5}}` in its file is the policy. Exit code 1
    if the policy does not allow it yet. The project must still have the same version.
    """
    opened = open_environment(env, project, remote=remote, progress=progress())
    if dry_run:
        show_plan(use_case.plan_promotion(opened, rule, force=force).made.bundle, out, fmt)
        return
    refuse_out(out)
    review = reviewer("" if yes else "Promote?")
    release = use_case.promote(opened, rule, force=force, given=given, review=review)
    tell_release(release, fmt)
