"""Creates a detection project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tocsin import gate
from tocsin.app.schemas import schema
from tocsin.app.templates import pipeline_files, project_files, template
from tocsin.errors import ConfigError
from tocsin.progress import Notify


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was written; `git`: whether the folder became a git repository."""

    folder: Path
    files: tuple[str, ...]
    git: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The forge whose pipelines a project gets, and where they find Tocsin: at one commit."""

    forge: str
    repository: str
    commit: str


FORGES = ("github", "gitlab")
_PLACE = re.compile(r"([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+)@([0-9a-f]{40})")


def pipeline(forge: str, place: str) -> Pipeline:
    """The pipeline with Tocsin from OWNER/NAME@COMMIT. Raises ConfigError for another text."""
    found = _PLACE.fullmatch(place)
    if not found:
        raise ConfigError(
            f"{place!r} does not say where Tocsin is",
            hint="give --tocsin OWNER/NAME@COMMIT with all 40 digits: branches and tags can move",
        )
    return Pipeline(forge, found[1], found[2])


def start_project(folder: Path, ci: Pipeline | None, notify: Notify) -> NewProject:
    """Write one source and one detection with its cases into an empty folder, and a pipeline."""
    _refuse_used(folder)
    texts = project_files(name=_name(folder), id=str(uuid4()), date=f"{datetime.now(UTC):%F}")
    texts |= _pipeline_files(ci, texts) if ci else {}
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    made = NewProject(folder, tuple(sorted(texts)), _git_init(folder, notify))
    if ci and not (folder / ".git").exists():
        notify("the pipeline takes effect only in the root of a repository: move it there")
    return made


def _pipeline_files(ci: Pipeline, project: Mapping[str, str]) -> dict[str, str]:
    """Those of the forge, schemas for editors, and an environment that is deployed to."""
    given = {"repository": ci.repository, "commit": ci.commit}
    schemas = {
        f".vscode/schemas/{name}.json": json.dumps(schema(name), indent=1) + "\n"
        for name in ("rule", "cases", "source", "settings")
    }
    settings = project[gate.SETTINGS] + template("ci/environment.toml")
    return {**pipeline_files(ci.forge, **given), **schemas, gate.SETTINGS: settings}


def _refuse_used(folder: Path) -> None:
    if folder.is_dir() and any(item.name != ".git" for item in folder.iterdir()):
        raise ConfigError(
            f"{folder} is not empty", hint="name a new folder, such as detections", file=folder
        )
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file", hint="name a new folder", file=folder)


def _name(folder: Path) -> str:
    """The folder's name, without what TOML would take for the end of a text."""
    return re.sub(r"[^\w. -]+", "-", folder.resolve().name) or "detections"


def _git_init(folder: Path, notify: Notify) -> bool:
    """Make the folder a git repository unless it is inside one; whether it was made."""
    if shutil.which("git") is None:
        notify("git is not installed: deployments need it")
        return False
    inside = ["git", "-C", str(folder), "rev-parse", "--is-inside-work-tree"]
    if subprocess.run(inside, capture_output=True, check=False).returncode == 0:
        return False
    begin = ["git", "-C", str(folder), "init", "--quiet", "--initial-branch=main"]
    done = subprocess.run(begin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError(f"git init failed in {folder}: {done.stderr.strip()}")
    return True
