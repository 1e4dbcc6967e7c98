"""Templates of the files that `tocsin init` and `tocsin new` write, with `$name` placeholders."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

_HIDDEN = ("gitignore", "pre-commit-config.yaml", "github", "gitlab", "gitlab-ci.yml", "vscode")
"""Names that get their leading dot only where they are written: here they would take effect."""


def project_files(**values: str) -> dict[str, str]:
    """Text of every file of a new content repository, by its path there."""
    return _filled_files("project", values)


def pipeline_files(forge: str, **values: str) -> dict[str, str]:
    """The same of its pipeline on GitHub or GitLab, and of what editors need."""
    return _filled_files("ci/both", values) | _filled_files(f"ci/{forge}", values)


def template(name: str, **values: str) -> str:
    """One template, filled in."""
    return _filled((files(__name__) / name).read_text("utf-8"), values)


def _filled_files(folder: str, values: dict[str, str]) -> dict[str, str]:
    found = _texts(files(__name__) / folder, "")
    return {_named(path): _filled(text, values) for path, text in sorted(found.items())}


def _texts(folder: Traversable, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in folder.iterdir():
        path = f"{prefix}{item.name}"
        found |= _texts(item, f"{path}/") if item.is_dir() else {path: item.read_text("utf-8")}
    return found


def _named(path: str) -> str:
    return f".{path}" if path.partition("/")[0] in _HIDDEN else path


def _filled(text: str, values: dict[str, str]) -> str:
    return Template(text).substitute(values)
