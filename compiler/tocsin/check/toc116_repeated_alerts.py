"""TOC116: a correlation that raises an alert for each further event."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.correlation import BoundOp, CorrelationType
from tocsin.ir.query import CorrelationQuery

CODE = "TOC116"
TITLE = "Correlation whose alerts repeat"
SEVERITY = Severity.WARNING
_RISING = (BoundOp.GT, BoundOp.GTE)


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a correlation that alerts and counts, without `dedup`."""
    for query in project.queries:
        if not isinstance(query, CorrelationQuery) or not query.alerts or not _repeats(query):
            continue
        detection = query.detection
        if not detection.dedup:
            span = place(detection, "tocsin", "alert", key=True)
            dedup = f"dedup: {{by: {_by(query)}, for: 1h}}"
            hint = f"say which of its alerts are the same: `tocsin: {{alert: {{{dedup}}}}}`"
            message = f"{detection.key} raises an alert for each event beyond its threshold"
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)


def _repeats(query: CorrelationQuery) -> bool:
    """Whether a window that satisfies it still does with one more event."""
    correlation = query.correlation
    counts = correlation.type in (CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT)
    return counts and all(bound.op in _RISING for bound in correlation.bounds)


def _by(query: CorrelationQuery) -> str:
    return f"[{', '.join(ref.fields[-1] for ref in query.correlation.group_by)}]"
