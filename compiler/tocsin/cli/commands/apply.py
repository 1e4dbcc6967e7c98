"""`tocsin apply`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from tocsin import gate
from tocsin.app.apply import apply_project
from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment
from tocsin.app.plan import saved_plan
from tocsin.cli.deploying import NOBODY, on_input_terminal, reviewer, tell_release
from tocsin.cli.options import consent_options, environment_options, ledger_ends_option
from tocsin.cli.output import format_option
from tocsin.cli.paths import GivenPath
from tocsin.errors import ConfigError

_MOST_EVIDENCE = 64 * gate.MIB


@click.command()
@environment_options
@ledger_ends_option
@click.option(
    "--plan",
    "plan_file",
    type=GivenPath(folder=False),
    help="Deploy exactly this saved plan (- is stdin); refused if anything has changed since.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@consent_options
@click.option(
    "--evidence",
    type=GivenPath(folder=False),
    help="JSON of test results to record in the release.",
)
@format_option("text", "json")
def apply(  # noqa: PLR0913 - one parameter per option
    opened: OpenEnvironment,
    *,
    plan_file: Path | None,
    yes: bool,
    given: Given,
    evidence: Path | None,
    ends_at: int | None,
    fmt: str,
) -> None:
    """Deploy the project, or a saved plan; every apply that changes something makes a release.

    An interrupted apply is finished first.
    """
    opened = replace(opened, ends_at=ends_at)
    opened.reachable()
    if not (plan_file or yes or on_input_terminal()):
        raise ConfigError(NOBODY, hint="give --yes, or --plan FILE with a reviewed plan")
    if plan_file and evidence and plan_file == evidence:
        raise ConfigError("the plan and the evidence are one file", hint="name the other one, too")
    proof = _evidence(evidence)
    reviewed = saved_plan(opened, plan_file) if plan_file else None
    review = reviewer("" if yes or reviewed else "Deploy this?")
    tell_release(apply_project(opened, reviewed, given, proof, review), fmt)


def _evidence(path: Path | None) -> Any:
    return None if path is None else gate.read_json(path, _MOST_EVIDENCE)
