"""TOC108: two detections that mean the same."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.query import Query
from tocsin.model.detection import Detection

CODE = "TOC108"
TITLE = "Two detections with the same logic"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding for each detection after the first with the same resolved logic.

    Only of those that raise alerts: a rule may well serve a correlation and alert elsewhere.
    """
    first: dict[str, Detection] = {}
    for query in project.queries:
        detection = query.detection
        other = first.setdefault(query.logic, detection) if query.alerts else detection
        if other is not detection:
            block = "detection" if isinstance(query, Query) else "correlation"
            span = place(detection, block, key=True)
            message = f"{detection.key} has the same logic as {other.key}: every alert comes twice"
            hint = f"keep one of them; the other is {other.span.file}:{other.span.line}"
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)
