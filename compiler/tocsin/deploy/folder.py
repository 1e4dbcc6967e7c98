"""The folder of an environment: in the repository, reached without links, and marked as its own.

Settings come with a pull request, and an apply deletes what is no artifact of the release.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from tocsin import files, gate
from tocsin.errors import ConfigError

MARK = ".tocsin-environment"
"""The file that says whose the folder is."""

_LONGEST = 1024
_HINT = "name another folder with `path` of the environment in tocsin.toml"


def folder_of(root: Path, path: str) -> Path:
    """The folder at a path in the settings. Raises ConfigError if there is a link on the way."""
    place = root
    for part in PurePosixPath(path).parts:
        place /= part
        if place.is_symlink():
            raise ConfigError(f"{place} is a link that may lead out of {root}", hint=_HINT)
    return place


def check(folder: Path, environment: str) -> None:
    """Raises ConfigError for a folder with artifacts that may not be the environment's."""
    owner = _owner(folder)
    if owner and owner != environment:
        raise ConfigError(
            f"{folder} belongs to environment {owner}, not to {environment}", hint=_HINT
        )
    artifacts = folder / "artifacts"
    if not owner and (artifacts.is_symlink() or files.listed(artifacts)):
        raise ConfigError(f"{artifacts} holds files that apply did not write", hint=_HINT)


def claim(folder: Path, environment: str) -> None:
    """Mark the folder after the check."""
    check(folder, environment)
    if not _owner(folder):
        files.write(folder / MARK, f"{environment}\n".encode())


def _owner(folder: Path) -> str:
    try:
        return gate.read_text(folder / MARK, _LONGEST).strip()
    except gate.MissingError:
        return ""
