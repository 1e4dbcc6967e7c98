"""TOC111: a rule file whose name is not in kebab case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project

CODE = "TOC111"
TITLE = "File name not in kebab case"
SEVERITY = Severity.INFO
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a file."""
    seen: set[str] = set()
    for query in project.queries:
        detection = query.detection
        file = Path(detection.span.file)
        if KEBAB.fullmatch(file.stem) or str(file) in seen:
            continue
        seen.add(str(file))
        message = f"the file name {file.name} is not in kebab case"
        hint = f"git mv {file.name} {kebab(file.stem)}{file.suffix}"
        yield Diagnostic(CODE, message, detection.span, SEVERITY, hint, detection.id)


def kebab(text: str) -> str:
    """The nearest name in kebab case."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", apart.lower()).strip("-") or "detection"
