"""`tocsin plan`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.environment import Site, project_plan, say, show, site_options
from tocsin.cli.output import echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.plan import explain, saved
from tocsin.plan.steps import Plan


@click.command()
@site_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan, with the bytes it deploys, for `apply --plan`.",
)
@click.option(
    "--resolve",
    is_flag=True,
    help="Look up `env:` and `file:` in the settings, to observe: not for settings of others.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if there is anything to do.")
@format_option("text", "markdown", "json")
def plan(site: Site, *, out: Path | None, exit_code: bool, fmt: str) -> None:
    """What a deployment would change, and drift. Nothing is touched.

    Where an address is a reference, the environment is observed with --resolve only; without, the
    plan is made from the ledger alone, and shows no drift.

    Exit code 1 if the project has errors, or if a deployed detection can no longer be compiled.
    """
    if out and site.target is None:
        raise ConfigError(
            f"{site.name} is not observed, and only a plan of what is there can be applied",
            hint="give --resolve, where the settings are those of the protected branch",
        )
    if site.interrupted:
        say("an apply was interrupted: what it left is shown as drift, the next apply finishes it")
    bundle = project_plan(site)
    print_plan(bundle.plan, fmt)
    if out:
        saved.write(bundle, out)
        say(f"saved to {out}: `tocsin apply --env {site.name} --plan {out}` deploys exactly this")
    if bundle.plan.problems or (exit_code and bundle.plan.steps):
        raise click.exceptions.Exit(1)


def print_plan(shown: Plan, fmt: str) -> None:
    """The plan on stdout."""
    if fmt == "json":
        echo_json(explain.as_json(shown))
    elif fmt == "markdown":
        click.echo(explain.markdown(shown), nl=False)
    else:
        show(explain.text(shown))
