"""The project, for use cases that need it without errors."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tocsin import gate
from tocsin.check import run_checks
from tocsin.diagnostics import Diagnostic, FindingsError, has_errors
from tocsin.errors import ConfigError
from tocsin.front.project import Project, load_project
from tocsin.progress import SILENT, Progress
from tocsin.state.changes import put_back


def findings(project: Project) -> list[Diagnostic]:
    """What reading and all checks found, in the order of the files."""
    return sorted((*project.diagnostics, *run_checks(project)), key=lambda d: d.sort_key)


def sound_project(root: Path, progress: Progress = SILENT) -> Project:
    """The project. Raises FindingsError if it has errors."""
    return checked_project(root, progress)[0]


def checked_project(
    root: Path, progress: Progress = SILENT
) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project, and findings that are no errors. Raises FindingsError if there are errors."""
    with progress.stage("reading the project"):
        project = load_project(root)
        found = findings(project)
    if has_errors(found):
        raise FindingsError(found)
    return project, tuple(found)


def project_at(root: Path, rev: str) -> Project | None:
    """The project as of a revision; None where there was none, or none that can be read."""
    with TemporaryDirectory(prefix="tocsin-since-") as folder:
        before = put_back(root, rev, Path(folder))
        if before is None or not (before / gate.SETTINGS).is_file():
            return None
        try:
            return load_project(before)
        except ConfigError:
            return None
