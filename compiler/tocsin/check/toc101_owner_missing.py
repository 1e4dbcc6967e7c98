"""TOC101: a detection has no owner to answer its alerts."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project

CODE = "TOC101"
TITLE = "No owner"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection that raises alerts without `tocsin: {owner: …}`."""
    for query in project.queries:
        detection = query.detection
        if query.alerts and not detection.meta.owner.strip():
            hint = "name the team that answers its alerts: `tocsin: {owner: TEAM}`"
            message = f"{detection.key} has no owner"
            yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)
