"""TOC105: a detection that no coverage page can place."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project

CODE = "TOC105"
TITLE = "No ATT&CK technique"
SEVERITY = Severity.INFO


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection that raises alerts and has no technique among its tags."""
    for query in project.queries:
        detection = query.detection
        if query.alerts and not detection.meta.techniques:
            hint = "tag the technique it detects: `tags: [attack.persistence, attack.t1098]`"
            message = f"{detection.key} names no ATT&CK technique, so coverage does not count it"
            yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)
