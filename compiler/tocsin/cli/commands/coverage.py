"""`tocsin coverage`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from tocsin.cli.environment import open_site, say, show, sound_project
from tocsin.cli.output import echo_json, format_option
from tocsin.diagnostics import has_errors
from tocsin.errors import ConfigError
from tocsin.front.project import find_project, load_project
from tocsin.report.coverage import Column, Coverage, build
from tocsin.report.deployed import deployed
from tocsin.report.documents import figures
from tocsin.report.files import write
from tocsin.state.lock import read_lock

_BAR = 24


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write index.html, coverage.json and navigator.json to.",
)
@click.option("--env", default="", metavar="ENV", help="What is deployed there, from its ledger.")
@click.option("--at", default="", metavar="DATE", help="The release that was current then (UTC).")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; found from the current folder by default.",
)
@click.option("--remote", default="", help="Share the ledger's branch through this git remote.")
@format_option("text", "json")
def coverage(  # noqa: PLR0913 - one parameter an option
    *, out: Path, env: str, at: str, project: Path | None, remote: str, fmt: str
) -> None:
    """Write the ATT&CK coverage page, a Navigator layer and JSON.

    Without --env: of the project as it lies there. With --env: of what is live in the environment,
    taken from the records of its releases. Exit code 1 if the project has errors.
    """
    if at and not env:
        raise ConfigError("--at needs --env", hint="only an environment has a past")
    found = _of_environment(env, at, project, remote) if env else _of_project(project)
    written = write(found, out)
    if fmt == "json":
        echo_json({"files": [str(path) for path in written], "figures": figures(found)})
    else:
        show(_summary(found))
        say(f"open {written[0]}")


def _of_project(project: Path | None) -> Coverage:
    root = find_project(project or Path())
    return build(sound_project(root), read_lock(root))


def _of_environment(env: str, at: str, project: Path | None, remote: str) -> Coverage:
    """Mistakes in the project do not matter for what is deployed: they are only mentioned."""
    site = open_site(env, project, remote, resolve=False)
    content = load_project(site.root)
    if has_errors(list(content.diagnostics)):
        say("the project has errors: detections that have one are not listed as not deployed")
    return build(content, read_lock(site.root), deployed(site.ledger, at))


def _summary(found: Coverage) -> Text:
    said = figures(found)
    where = f" · {found.environment}, release {found.release}" if found.environment else ""
    page = Text(f"{found.project}{where} · ATT&CK v{found.attack.version}\n", style="bold")
    page.append(
        f"{said['detections']} detections · "
        f"{said['techniques']} of {said['techniques_all']} techniques · "
        f"{said['subtechniques']} of {said['subtechniques_all']} sub-techniques · "
        f"{said['sources']} of {said['sources_all']} sources · {said['cases']} cases\n",
        style="not bold",
    )
    return page.append_text(Text("\n").join(_line(column) for column in found.columns))


def _line(column: Column) -> Text:
    every = len(column.cells)
    full = -(-column.covered * _BAR // every)
    line = Text(f"  {column.tactic.name:22}", style="not bold")
    line.append("━" * full, style="green").append("·" * (_BAR - full), style="bright_black")
    return line.append(f" {column.covered:>3} of {every}")
