"""The project, for use cases that need it without errors."""

from __future__ import annotations

from pathlib import Path

from tocsin.check import run_checks
from tocsin.diagnostics import Diagnostic, FindingsError, has_errors
from tocsin.front.project import Project, load_project
from tocsin.progress import SILENT, Progress


def findings(project: Project) -> list[Diagnostic]:
    """What reading and all checks found, in the order of the files."""
    return sorted((*project.diagnostics, *run_checks(project)), key=lambda d: d.sort_key)


def sound_project(root: Path, progress: Progress = SILENT) -> Project:
    """The project. Raises FindingsError if it has errors."""
    with progress.stage("reading the project"):
        project = load_project(root)
        found = findings(project)
    if has_errors(found):
        raise FindingsError(found)
    return project
