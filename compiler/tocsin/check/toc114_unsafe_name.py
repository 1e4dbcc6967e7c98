"""TOC114: a name that cannot name a file."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project

CODE = "TOC114"
TITLE = "Name that cannot be a file name"
SEVERITY = Severity.ERROR
LONGEST = 200
"""Bytes of a name: with the endings that are added, file systems take 255."""


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection whose key would lead elsewhere, or nowhere, as a file name."""
    for query in project.queries:
        detection = query.detection
        if _unsafe(detection.key):
            span = place(detection, "name")
            message = f"{detection.key!r} cannot be the name of an artifact"
            hint = f"words joined by _ or -, at most {LONGEST} bytes"
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)


def _unsafe(key: str) -> bool:
    strange = any(c in "/\\:" or not c.isprintable() for c in key)
    return strange or key.startswith(".") or len(key.encode()) > LONGEST
