"""TOC103: no case shows that a detection stays silent."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.model.detection import Case

CODE = "TOC103"
TITLE = "No case that stays silent"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection whose cases expect an alert on every event.

    What only serves correlations needs no cases of its own.
    """
    for query in project.queries:
        detection = query.detection
        if query.alerts and not any(map(_silent, detection.cases)):
            hint = "add a case with a harmless event that looks similar, and `expect: {alerts: 0}`"
            message = f"no case shows that {detection.key} stays silent"
            yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)


def _silent(case: Case) -> bool:
    expect = case.expect
    alerts = len(expect.events or ()) if expect.alerts is None else expect.alerts
    return alerts < len(case.events)
