"""TOC113: a case that expects what its events cannot give."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.correlation import BoundOp, Correlation, CorrelationType
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.text import walk
from tocsin.model.detection import Case
from tocsin.plural import plural

CODE = "TOC113"
TITLE = "Case that cannot pass"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding for each way in which a case contradicts itself."""
    for query in project.queries:
        detection = query.detection
        for case in detection.cases:
            for message, hint in (*_contradictions(query, case), *_too_few(query, case)):
                said = f"{case.name}: {message}"
                yield Diagnostic(CODE, said, case.span, SEVERITY, hint, detection.id)


def _contradictions(query: Resolved, case: Case) -> Iterator[tuple[str, str]]:
    expect, count = case.expect, len(case.events)
    # An event that matches several rules of a correlation may complete it in a group for each.
    times = query.correlation.rules if isinstance(query, CorrelationQuery) else 1
    numbers = expect.events or ()
    expected = plural(expect.alerts or 0, "alert")
    have = f"the case has {plural(count, 'event')}"
    beyond = sorted({n for n in numbers if n >= count})
    if beyond:
        listed = ", ".join(map(str, beyond))
        yield f"expects an alert on event {listed}", f"{have}, numbered from 0 to {count - 1}"
    if (expect.alerts or 0) > count * times:
        yield f"expects {expected}", have
    if None not in (expect.alerts, expect.events) and expect.alerts != len(numbers):
        hint = f"`events` lists {len(numbers)}; keep one of the two"
        yield f"expects {expected}, but `events` lists another number", hint
    if (expect.first or expect.last) and not (expect.alerts or numbers):
        yield "expects an alert with contents, but no alert", "remove `first` and `last`"


def _too_few(query: Resolved, case: Case) -> Iterator[tuple[str, str]]:
    """A case that expects an alert, of a correlation that needs more events in one timespan."""
    if not (case.expect.alerts or case.expect.events) or isinstance(query, Query):
        return
    needed, span = _needed(query.correlation), query.correlation.timespan_ms
    times = sorted(event.at for event in case.events)
    own = any(walk(event.body, path) is not None for event in case.events for path in _times(query))
    most = max(bisect_right(times, at + span) - n for n, at in enumerate(times))
    if most < needed and not own:
        said = f"needs {needed} events within {span // 1000} seconds"
        hint = f"it has at most {most}: check `at`"
        yield f"expects an alert, but the correlation {said}", hint


def _needed(correlation: Correlation) -> int:
    """How many events a window holds at least where the correlation does."""
    if correlation.type not in (CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT):
        return 1
    lowest = {BoundOp.GT: 1, BoundOp.GTE: 0, BoundOp.EQ: 0}
    bounds = [b for b in correlation.bounds if b.op in lowest]
    return max((int(b.value) + lowest[b.op] for b in bounds), default=1)


def _times(query: CorrelationQuery) -> Iterator[tuple[str, ...]]:
    """Where an event may tell its time by itself, so that `at` does not."""
    for source in query.sources:
        if column := source.column(source.time_field):
            yield column.path
