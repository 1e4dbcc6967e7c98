"""TOC115: a correlation that throws all events of its sources together."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.query import CorrelationQuery

CODE = "TOC115"
TITLE = "Correlation without groups"
SEVERITY = Severity.INFO


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a correlation without `group-by`."""
    for query in project.queries:
        if isinstance(query, CorrelationQuery) and not query.correlation.group_by:
            detection = query.detection
            span = place(detection, "correlation", key=True)
            hint = "name the fields whose events belong together: `group-by: [account_id]`"
            message = (
                f"{detection.key} has no `group-by`, so the events of everybody count together"
            )
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)
