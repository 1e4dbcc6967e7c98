"""`tocsin plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tocsin.app.afterwards import known_awaiting
from tocsin.app.environment import OpenEnvironment
from tocsin.app.kept_alerts import KeptAlerts
from tocsin.app.noise import noise_of_plan
from tocsin.app.plan import plan_rollout, plan_with_directions
from tocsin.cli.mute_words import mute_words
from tocsin.cli.options import environment_options, kept_alerts_options, ledger_ends_option
from tocsin.cli.output import format_option, say
from tocsin.cli.paths import WrittenPath
from tocsin.cli.plan_text import print_plan, save_plan
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.plan.explain import PlanKnowledge
from tocsin.state.active_mutes import active_mutes


@click.command()
@environment_options
@ledger_ends_option
@kept_alerts_options
@click.option(
    "--out",
    type=WrittenPath(folder=False),
    help="Save the plan with the artifacts it deploys, for `apply --plan`.",
)
@click.option(
    "--resolve",
    is_flag=True,
    help="Resolve `env:` and `file:` in settings, to look at what is live; only if you trust them.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if there is anything to do.")
@click.option("--verbose", is_flag=True, help="Also show the steps of apply, in order.")
@format_option("text", "markdown", "json")
def plan(  # noqa: PLR0913 - one parameter per option
    opened: OpenEnvironment,
    *,
    ends_at: int | None,
    kept: KeptAlerts,
    out: Path | None,
    exit_code: bool,
    verbose: bool,
    fmt: str,
) -> None:
    """Show what a deployment would change, and drift. Nothing is changed.

    For each detection whose logic changes it says whether the new version matches less, more, the
    same or something else, with an event that shows it.

    Where alerts are kept (a server, or a database), it also says how many alerts a day the old
    version raised in 14 days, and how many of its findings were false. A server that is away keeps
    no plan from being made.

    If an address in the settings is a reference, the environment is observed only with --resolve;
    without it, the plan is made from the ledger alone and shows no drift.

    Exit code 1 if the project has errors, or if a deployed detection can no longer be compiled.
    """
    opened = replace(opened, ends_at=ends_at)
    if out and opened.target is None:
        raise ConfigError(
            f"{opened.name} was not looked at, and such a plan cannot be applied",
            hint="give --resolve; use it only with settings from the protected branch",
        )
    if opened.interrupted:
        say("an apply was interrupted: its traces show as drift, and the next apply finishes it")
    bundle, directions = plan_with_directions(opened)
    for words in mute_words(active_mutes(opened.ledger.last())):
        say(words)
    for each in known_awaiting(opened):
        say(printable(each.words))
    noise = noise_of_plan(kept, bundle.plan, opened.root, say)
    steps = plan_rollout(opened, bundle) if verbose else ()
    print_plan(bundle.plan, fmt, steps, PlanKnowledge(directions, noise))
    if out:
        save_plan(bundle, out)
    if bundle.plan.problems or (exit_code and bundle.plan.steps):
        raise click.exceptions.Exit(1)
