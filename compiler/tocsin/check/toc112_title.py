"""TOC112: a title that is too long, or that two detections share."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.model.detection import Detection

CODE = "TOC112"
TITLE = "Title too long or used twice"
SEVERITY = Severity.WARNING
LONGEST = 110


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a title."""
    first: dict[str, Detection] = {}
    for query in project.queries:
        detection, title = query.detection, query.detection.meta.title
        other = first.setdefault(title.casefold(), detection)
        if len(title) > LONGEST:
            message = f"the title has {len(title)} characters; at most {LONGEST} are allowed"
            yield _finding(detection, message, "move the details into the description")
        if other is not detection:
            hint = f"the other is {other.span.file}:{other.span.line}"
            yield _finding(detection, f"{other.key} has the same title", hint)


def _finding(detection: Detection, message: str, hint: str) -> Diagnostic:
    return Diagnostic(CODE, message, place(detection, "title"), SEVERITY, hint, detection.id)
