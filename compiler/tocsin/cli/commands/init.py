"""`tocsin init`."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click

from tocsin.app.templates import project_files
from tocsin.cli.output import console, echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.escape import printable


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@format_option("text", "json")
def init(folder: Path, fmt: str) -> None:
    """Start a content repository in DIR, which must be empty or not exist yet.

    It holds one source and one detection with its cases, and passes `validate` and `test` as it
    is. Where DIR is in no git repository yet, it becomes one: deployments are recorded in git.
    """
    _refuse_used(folder)
    texts = project_files(name=_name(folder), id=str(uuid4()), date=f"{datetime.now(UTC):%F}")
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    made = _git_init(folder)
    if fmt == "json":
        echo_json({"folder": str(folder), "files": sorted(texts), "git": made})
    else:
        _say(folder, sorted(texts), made)


def _refuse_used(folder: Path) -> None:
    if folder.is_dir() and any(item.name != ".git" for item in folder.iterdir()):
        raise ConfigError(f"{folder} is not empty", hint="name a new folder, such as detections")
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file", hint="name a new folder")


def _name(folder: Path) -> str:
    """The folder's name, without what TOML would take for the end of a text."""
    return re.sub(r"[^\w. -]+", "-", folder.resolve().name) or "detections"


def _git_init(folder: Path) -> bool:
    """Make the folder a git repository unless it is inside one; whether it was made."""
    if shutil.which("git") is None:
        console().print("git is not installed: deployments need it", style="yellow")
        return False
    inside = ["git", "-C", str(folder), "rev-parse", "--is-inside-work-tree"]
    if subprocess.run(inside, capture_output=True, check=False).returncode == 0:
        return False
    begin = ["git", "-C", str(folder), "init", "--quiet", "--initial-branch=main"]
    done = subprocess.run(begin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError(f"git init failed in {folder}: {done.stderr.strip()}")
    return True


def _say(folder: Path, written: list[str], made: bool) -> None:  # noqa: FBT001 - private
    repository = ", a new git repository" if made else ""
    click.echo(f"{printable(str(folder))}{repository}:")
    for path in written:
        click.echo(f"  {path}")
    shown = printable(shlex.quote(str(folder)))
    click.echo(
        "\nNext:\n"
        f"  cd {shown}\n"
        "  tocsin validate          # find every mistake\n"
        "  tocsin test              # run the cases\n"
        "  tocsin new SLUG --source app_audit   # the next detection\n"
        "  tocsin lock && git add . && git commit\n"
        "  tocsin plan --env local  # then: tocsin apply --env local"
    )
