"""TOC118: `dedup` by a field that alerts do not have."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.query import CorrelationQuery, Resolved

CODE = "TOC118"
TITLE = "`dedup` by an unknown field"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a name that is no key of the group, and no field at one place in all sources."""
    for query in project.queries:
        detection = query.detection
        known = _known(query)
        for n, (name, _) in enumerate(detection.dedup.by if detection.dedup else ()):
            if name not in known:
                close = get_close_matches(name, sorted(known), 1)
                hint = f"did you mean {close[0]!r}?" if close else "name fields of the source"
                span = place(detection, "tocsin", "alert", "dedup", "by", n)
                message = f"{detection.key} deduplicates by {name!r}, which none of its alerts has"
                yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)


def _known(query: Resolved) -> set[str]:
    places = [{(column.name, column.path) for column in s.columns} for s in query.sources]
    known = {name for name, _ in set.intersection(*places)}
    if isinstance(query, CorrelationQuery):
        known |= {ref.name for ref in query.correlation.group_by}
    return known
