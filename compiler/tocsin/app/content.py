"""The files of a project as they were read, for the record of what was made of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin import gate
from tocsin.app.environment import OpenEnvironment
from tocsin.app.project import checked_project
from tocsin.diagnostics import Diagnostic
from tocsin.errors import ConfigError
from tocsin.front.project import Project
from tocsin.plan.shadow import MARK
from tocsin.release.entry import Entry
from tocsin.state.enclosed import CONTENT
from tocsin.state.lock import read_lock
from tocsin.state.release import Release

_NOT_IN_GIT = re.compile(r"(\.git|git~[0-9]+)[ .]*(:.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadProject:
    """A project without errors, and its files by where they lie in a release.

    `found`: what checks say of it.
    """

    project: Project
    files: Mapping[str, bytes]
    found: tuple[Diagnostic, ...]


def read_project(opened: OpenEnvironment) -> ReadProject:
    """The project of an environment. Raises FindingsError if it has errors."""
    with gate.keeping() as kept:
        project, found = checked_project(opened.root, opened.progress)
        read_lock(opened.root)
    return ReadProject(project, _content(opened.root, kept), found)


def _content(root: Path, kept: Mapping[Path, bytes]) -> dict[str, bytes]:
    """Those of the files below the project's folder, by where they lie in a release.

    Raises ConfigError for a name that git takes into no tree.
    """
    found: dict[str, bytes] = {}
    for path, data in kept.items():
        place = Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed
        if place.is_relative_to(root):
            below = place.relative_to(root)
            if wrong := next(filter(_NOT_IN_GIT.fullmatch, below.parts), ""):
                raise ConfigError(
                    f"{path} cannot be recorded: git keeps nothing in {wrong!r}",
                    hint="rename the folder or file",
                )
            found[f"{CONTENT}{below.as_posix()}"] = data
    return found


def earlier_in(project: Project, entries: Iterable[Entry], last: Release | None) -> dict[str, int]:
    """The detections that are not as in the project, by id: the release that has their content."""
    if last is None:
        return {}
    now = {query.detection.id: (query.logic, query.meta) for query in project.queries}
    return {
        entry.id: last.earlier.get(entry.id, last.number)
        for entry in entries
        if now.get(entry.id.removesuffix(MARK)) != (entry.logic, entry.meta)
    }
