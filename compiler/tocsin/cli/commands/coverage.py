"""`tocsin coverage`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from tocsin.app.coverage import coverage_of_environment, coverage_of_project
from tocsin.app.environment import open_environment
from tocsin.cli import completion
from tocsin.cli.options import project_option, remote_option
from tocsin.cli.output import echo_json, format_option, say, show
from tocsin.cli.progress import progress
from tocsin.errors import ConfigError
from tocsin.front.place import find_project
from tocsin.plural import plural
from tocsin.report.coverage import Coverage, TacticColumn
from tocsin.report.documents import figures
from tocsin.report.files import write

_BAR = 24


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write index.html, coverage.json and navigator.json to.",
)
@click.option(
    "--env",
    default="",
    metavar="ENV",
    shell_complete=completion.environments,
    help="Also show what is deployed there, from its ledger.",
)
@click.option(
    "--at", default="", metavar="DATE", help="Use the release that was current at this date (UTC)."
)
@project_option
@remote_option
@format_option("text", "json")
def coverage(  # noqa: PLR0913 - one parameter an option
    *, out: Path, env: str, at: str, project: Path | None, remote: str, fmt: str
) -> None:
    """Write the ATT&CK coverage page, a Navigator layer and JSON.

    Without --env, the page shows the project as it is. With --env, it shows what is live in the
    environment, taken from its releases. Exit code 1 if the project has errors.
    """
    if at and not env:
        raise ConfigError("--at needs --env", hint="the date selects a release of an environment")
    if env:
        opened = open_environment(env, project, remote=remote, resolve=False, progress=progress())
        found = coverage_of_environment(opened, at)
    else:
        with progress().stage("reading the project"):
            found = coverage_of_project(find_project(project or Path()))
    written = write(found, out)
    if fmt == "json":
        echo_json({"files": [str(path) for path in written], "figures": figures(found)})
    else:
        show(_summary(found))
        say(f"open {written[0]}")


def _summary(found: Coverage) -> Text:
    said = figures(found)
    where = f" · {found.environment}, release {found.release}" if found.environment else ""
    page = Text(f"{found.project}{where} · ATT&CK v{found.attack.version}\n", style="bold")
    page.append(
        f"{plural(said['detections'], 'detection')} · "
        f"{said['techniques']} of {said['techniques_all']} techniques · "
        f"{said['subtechniques']} of {said['subtechniques_all']} sub-techniques · "
        f"{said['sources']} of {said['sources_all']} sources · {plural(said['cases'], 'case')}\n",
        style="not bold",
    )
    return page.append_text(Text("\n").join(_line(column) for column in found.columns))


def _line(column: TacticColumn) -> Text:
    every = len(column.cells)
    full = -(-column.covered * _BAR // every)
    line = Text(f"  {column.tactic.name:22}", style="not bold")
    line.append("━" * full, style="green").append("·" * (_BAR - full), style="bright_black")
    return line.append(f" {column.covered:>3} of {every}")
