"""`tocsin init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from tocsin.app.init import NewProject, start_project
from tocsin.cli.output import console, echo_json, format_option
from tocsin.escape import printable


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@format_option("text", "json")
def init(folder: Path, fmt: str) -> None:
    """Create a detection project in DIR, which must be empty or not exist yet.

    It has one source and one detection with cases, and passes `validate` and `test`. If DIR is not
    in a git repository yet, it becomes one: deployments are recorded in git.
    """
    made = start_project(folder, _warn)
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
