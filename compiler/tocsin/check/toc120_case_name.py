"""TOC120: two cases of a detection that have one name."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity, Span
from tocsin.front.project import Project

CODE = "TOC120"
TITLE = "Two cases with the same name"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding for each case whose name an earlier one has."""
    for query in project.queries:
        first: dict[str, Span] = {}
        for case in query.detection.cases:
            place = first.setdefault(case.name, case.span)
            if place != case.span:
                message = f"another case has the name {case.name!r}"
                hint = f"first used at {place.file}:{place.line}: reports tell cases apart by name"
                yield Diagnostic(CODE, message, case.span, SEVERITY, hint, query.detection.id)
