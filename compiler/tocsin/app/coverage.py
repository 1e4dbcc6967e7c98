"""ATT&CK coverage of the project as it is, or of what is live in an environment."""

from __future__ import annotations

from pathlib import Path

from tocsin.app.environment import OpenEnvironment
from tocsin.app.project import sound_project
from tocsin.diagnostics import has_errors
from tocsin.front.project import load_project
from tocsin.report.coverage import Coverage, build
from tocsin.report.deployed import deployed
from tocsin.state.lock import read_lock


def coverage_of_project(root: Path) -> Coverage:
    """Of the project. Raises FindingsError if it has errors."""
    return build(sound_project(root), read_lock(root))


def coverage_of_environment(opened: OpenEnvironment, at: str) -> Coverage:
    """Of the release that was current at a date, or the last one.

    Mistakes in the project do not matter for what is deployed: they are only mentioned.
    """
    content = load_project(opened.root)
    if has_errors(list(content.diagnostics)):
        opened.progress.notify(
            "the project has errors: a detection with an error is not listed as undeployed"
        )
    return build(content, read_lock(opened.root), deployed(opened.ledger, at))
