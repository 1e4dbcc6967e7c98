"""Where the project is that a command is about."""

from __future__ import annotations

from pathlib import Path

from tocsin import gate
from tocsin.errors import ConfigError

FOLDERS = ("rules", "sources", "placeholders")
"""What a project holds, below its folder."""


def find_project(start: Path) -> Path:
    """The folder with `tocsin.toml`: here, in `detections/` below, or in a parent."""
    here = start.resolve()
    for folder in (here, here / "detections", *here.parents):
        if (folder / gate.SETTINGS).is_file():
            if folder.is_symlink():
                raise gate.UnreadError(folder, "it is a link", "change to the folder itself")
            return folder
    raise ConfigError(
        f"no {gate.SETTINGS} in {start} or above", hint="make one with `tocsin init DIR`"
    )


def project_above(path: Path) -> Path | None:
    """The folder of the project that a file or folder is in, or None."""
    folders = (path.resolve(), *path.resolve().parents)
    return next((folder for folder in folders if (folder / gate.SETTINGS).is_file()), None)
