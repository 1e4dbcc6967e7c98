"""TOC102: no case shows that a detection fires."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.model.detection import Case

CODE = "TOC102"
TITLE = "No case that fires"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection whose cases expect no alert at all.

    What only serves correlations needs no cases of its own: theirs show that it matches.
    """
    for query in project.queries:
        detection = query.detection
        if query.alerts and not any(map(_fires, detection.cases)):
            hint = "add a case with `expect: {alerts: 1}` under `tests`, or in a .test.yml beside"
            message = f"no case shows that {detection.key} fires"
            yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)


def _fires(case: Case) -> bool:
    return bool(case.expect.alerts or case.expect.events)
