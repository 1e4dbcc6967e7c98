"""`tocsin apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tocsin import gate
from tocsin.cli.environment import (
    Site,
    carry_out,
    finish_interrupted,
    on_input_terminal,
    project_plan,
    released,
    say,
    show,
    site_options,
)
from tocsin.cli.output import console, echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.plan import explain, saved
from tocsin.plan.steps import Bundle
from tocsin.state.release import Release

_MOST_EVIDENCE = 64 * gate.MIB


@click.command()
@site_options
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Deploy exactly this saved plan; refused if the world moved since.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--approved-by", "approvals", multiple=True, metavar="NAME", help="Record approval.")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON of test results to record in the release.",
)
@format_option("text", "json")
def apply(  # noqa: PLR0913 - one parameter per option
    site: Site,
    *,
    plan_file: Path | None,
    yes: bool,
    approvals: tuple[str, ...],
    evidence: Path | None,
    fmt: str,
) -> None:
    """Deploy the project, or a saved plan; every apply that does anything is a release.

    An apply that was killed is finished first.
    """
    site.reachable()
    if not (plan_file or yes or on_input_terminal()):
        raise ConfigError(
            "nobody is here to confirm the plan",
            hint="give --yes, or --plan FILE with a plan that was reviewed",
        )
    proof = _evidence(evidence)
    reviewed = _from_file(site, plan_file) if plan_file else None
    release = finish_interrupted(site)
    if not (release and reviewed and release.plan == reviewed.plan.digest):
        release = _deploy(site, reviewed, approvals, proof, ask=not yes)
    if fmt == "json":
        echo_json({"release": release.record if release else None})
    elif release:
        show(released(release))


def _deploy(
    site: Site, reviewed: Bundle | None, approvals: tuple[str, ...], evidence: Any, *, ask: bool
) -> Release | None:
    """Show the plan, ask unless it was reviewed, apply it; None if there is nothing to do."""
    bundle = reviewed or project_plan(site)
    console().print(explain.text(bundle.plan), soft_wrap=True)
    if not (bundle.plan.steps or bundle.plan.problems):
        return None
    if ask and not reviewed and not bundle.plan.problems and not click.confirm("Deploy this?"):
        say("nothing was deployed")
        raise click.exceptions.Exit(1)
    return carry_out(site, bundle, approvals, evidence)


def _from_file(site: Site, path: Path) -> Bundle:
    bundle = saved.read(path)
    if bundle.plan.environment != site.name:
        raise ConfigError(f"{path} is a plan for {bundle.plan.environment}, not for {site.name}")
    return bundle


def _evidence(path: Path | None) -> Any:
    return None if path is None else gate.read_json(path, _MOST_EVIDENCE)
