"""`tocsin lock`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.app.lock import update_lock
from tocsin.cli.options import project_option
from tocsin.cli.output import echo_json, format_option, show
from tocsin.cli.progress import progress
from tocsin.front.place import find_project
from tocsin.plural import plural, serving
from tocsin.state.lock import FILE


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the file is stale.")
@project_option
@format_option("text", "json")
def lock(*, check: bool, project: Path | None, fmt: str) -> None:
    """Write the version of every detection to tocsin.lock.

    A new detection is v1; a detection whose logic changed gets the next number.
    """
    with progress().stage("reading the project"):
        done = update_lock(find_project(project or Path()), write=not check)
    if fmt == "json":
        echo_json({"stale": done.stale, "changes": list(done.changes)})
    else:
        what = "written" if done.stale else "up to date"
        state = f"{plural(done.detections, 'detection')} {what}{serving(done.serving)}"
        if check and done.stale:
            state = "stale: run `tocsin lock`"
        show("\n".join([*done.changes, f"{FILE}: {state}"]))
    if check and done.stale:
        raise click.exceptions.Exit(1)
