"""TOC106: the analyst who gets the alert is told nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project

CODE = "TOC106"
TITLE = "No description or no false positives"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection that raises alerts, naming all that it lacks."""
    for query in project.queries:
        detection, meta = query.detection, query.detection.meta
        given = {
            "description": meta.description.strip(),
            "falsepositives": "".join(meta.falsepositives).strip(),
        }
        lacking = [name for name, text in given.items() if not text]
        if query.alerts and lacking:
            message = f"{detection.key} has no {' and no '.join(lacking)}"
            hint = "say what it detects, why that matters, and which harmless events look the same"
            yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)
