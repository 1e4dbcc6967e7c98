"""TOC117: different events of a case that their source takes for one."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.identity import event_id
from tocsin.model.detection import Case
from tocsin.model.source import Source

CODE = "TOC117"
TITLE = "Different events with the same identity"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a case and source."""
    for query in project.queries:
        for case in query.detection.cases:
            for source in query.sources:
                twice = _twice(case, source)
                if twice:
                    said = f"{case.name}: {twice}: their matches become one alert"
                    fields = ", ".join(source.id_fields)
                    hint = f"tell them apart by {fields}, or name more fields as `id` of the source"
                    yield Diagnostic(CODE, said, case.span, SEVERITY, hint, query.detection.id)


def _twice(case: Case, source: Source) -> str:
    """The first two events that differ and have one identity."""
    first: dict[str, int] = {}
    for number, event in enumerate(case.events):
        name = event_id(event.body, source.id_fields, source.renamed)
        other = first.setdefault(name, number)
        if case.events[other].body != event.body:
            return f"events {other} and {number} have the same identity {name!r}"
    return ""
