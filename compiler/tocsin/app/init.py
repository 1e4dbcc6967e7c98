"""Creates a detection project."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tocsin.app.templates import project_files
from tocsin.errors import ConfigError
from tocsin.progress import Notify


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was written; `git`: whether the folder became a git repository."""

    folder: Path
    files: tuple[str, ...]
    git: bool


def start_project(folder: Path, notify: Notify) -> NewProject:
    """Write one source and one detection with its cases into an empty folder."""
    _refuse_used(folder)
    texts = project_files(name=_name(folder), id=str(uuid4()), date=f"{datetime.now(UTC):%F}")
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return NewProject(folder, tuple(sorted(texts)), _git_init(folder, notify))


def _refuse_used(folder: Path) -> None:
    if folder.is_dir() and any(item.name != ".git" for item in folder.iterdir()):
        raise ConfigError(f"{folder} is not empty", hint="name a new folder, such as detections")
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file", hint="name a new folder")


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
