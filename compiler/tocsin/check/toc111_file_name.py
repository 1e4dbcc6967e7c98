"""TOC111: a rule file whose name is in neither kebab case nor snake case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project

CODE = "TOC111"
TITLE = "File name in neither kebab case nor snake case"
SEVERITY = Severity.INFO
SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a file."""
    seen: set[str] = set()
    for query in project.queries:
        detection = query.detection
        file = Path(detection.span.file)
        if SLUG.fullmatch(file.stem) or str(file) in seen:
            continue
        seen.add(str(file))
        message = f"the file name {file.name} is not in kebab case or snake case"
        hint = f"git mv {file.name} {slug(file.stem)}{file.suffix}"
        yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)


def slug(text: str) -> str:
    """The nearest name in kebab case; in snake case if that is how the text joins its words."""
    hyphen = "_" if "_" in text and "-" not in text else "-"
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", hyphen, text)
    return re.sub(r"[^a-z0-9]+", hyphen, apart.lower()).strip(hyphen) or "detection"
