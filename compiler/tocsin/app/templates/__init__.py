"""Templates of the files that `tocsin init` and `tocsin new` write, with `$name` placeholders."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

_HIDDEN = ("gitignore", "pre-commit-config.yaml")
"""Names that get their leading dot only where they are written: here they would take effect."""


def project_files(**values: str) -> dict[str, str]:
    """Text of every file of a new content repository, by its path there."""
    found = _texts(files(__name__) / "project", "")
    return {_named(path): _filled(text, values) for path, text in sorted(found.items())}


def template(name: str, **values: str) -> str:
    """One template, filled in."""
    return _filled((files(__name__) / name).read_text("utf-8"), values)


def _texts(folder: Traversable, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in folder.iterdir():
        path = f"{prefix}{item.name}"
        found |= _texts(item, f"{path}/") if item.is_dir() else {path: item.read_text("utf-8")}
    return found


def _named(path: str) -> str:
    return f".{path}" if path in _HIDDEN else path


def _filled(text: str, values: dict[str, str]) -> str:
    return Template(text).substitute(values)
