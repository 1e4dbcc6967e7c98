"""TOC113: a case that expects what its events cannot give."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.model.detection import Case

CODE = "TOC113"
TITLE = "Case that cannot pass"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding for each way in which a case contradicts itself."""
    for query in project.queries:
        detection = query.detection
        for case in detection.cases:
            for message, hint in _contradictions(case):
                said = f"{case.name}: {message}"
                yield Diagnostic(CODE, said, case.span, SEVERITY, hint, detection.id)


def _contradictions(case: Case) -> Iterator[tuple[str, str]]:
    expect, count = case.expect, len(case.events)
    numbers = expect.events or ()
    have = f"the case has {count} event{'' if count == 1 else 's'}"
    beyond = sorted({n for n in numbers if n >= count})
    if beyond:
        listed = ", ".join(map(str, beyond))
        yield f"expects an alert on event {listed}", f"{have}, numbered from 0 to {count - 1}"
    if (expect.alerts or 0) > count:
        yield f"expects {expect.alerts} alerts", have
    if None not in (expect.alerts, expect.events) and expect.alerts != len(numbers):
        hint = f"`events` lists {len(numbers)}: leave one of the two out"
        yield f"expects {expect.alerts} alerts and others at the same time", hint
    if (expect.first or expect.last) and not (expect.alerts or numbers):
        yield "expects contents of an alert and no alert", "drop `first` and `last`"
