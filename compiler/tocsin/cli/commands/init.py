"""`tocsin init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from tocsin.app.init import FORGES, NewProject, pipeline, start_project
from tocsin.cli.output import console, echo_json, format_option
from tocsin.cli.paths import WrittenPath
from tocsin.errors import ConfigError
from tocsin.escape import printable


@click.command()
@click.argument("folder", metavar="DIR", type=WrittenPath())
@click.option(
    "--ci",
    type=click.Choice(FORGES),
    help="Also write a pipeline for this forge; needs --tocsin.",
)
@click.option(
    "--tocsin",
    "place",
    default="",
    metavar="OWNER/NAME@COMMIT",
    help="The repository and the commit of Tocsin that the pipeline uses.",
)
@format_option("text", "json")
def init(folder: Path, ci: str | None, place: str, fmt: str) -> None:
    """Create a detection project in DIR, which must be empty or not exist yet.

    It has one source and one detection with cases, and passes `validate` and `test`. If DIR is not
    in a git repository yet, it becomes one: deployments are recorded in git.

    With --ci it is a whole content repository: workflows that review, comment, deploy, roll back
    and look for drift, owners of code, rules for branches, and schemas for editors.
    """
    if place and not ci:
        raise ConfigError("--tocsin is for --ci", hint=f"give --ci {' or --ci '.join(FORGES)}")
    made = start_project(folder, pipeline(ci, place) if ci else None, _warn)
    if fmt == "json":
        echo_json({"folder": str(folder), "files": list(made.files), "git": made.git})
    else:
        _say(made)


def _warn(note: str) -> None:
    console().print(note, style="yellow")


def _say(made: NewProject) -> None:
    repository = ", a new git repository" if made.git else ""
    click.echo(f"{printable(str(made.folder))}{repository}:")
    for path in made.files:
        click.echo(f"  {path}")
    shown = printable(shlex.quote(str(made.folder)))
    click.echo(
        "\nNext:\n"
        f"  cd {shown}\n"
        "  tocsin validate          # find every mistake\n"
        "  tocsin test              # run the cases\n"
        "  tocsin new SLUG --source app_audit   # the next detection\n"
        "  tocsin lock && git add . && git commit\n"
        "  tocsin plan --env local  # then: tocsin apply --env local"
    )
