"""TOC110: a case file that belongs to no rule, and so never runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tocsin.diagnostics import Diagnostic, Severity, Span
from tocsin.front.project import Project, seen

CODE = "TOC110"
TITLE = "Case file without a rule"
SEVERITY = Severity.WARNING
MARK = ".test"


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a `<slug>.test.yml` without its `<slug>.yml`."""
    for file in sorted((seen(project.root) / "rules").rglob(f"*{MARK}.y*ml")):
        rule = file.with_name(file.stem.removesuffix(MARK) + file.suffix)
        if not rule.exists():
            message = f"these cases never run: there is no {rule.name} beside them"
            yield Diagnostic(CODE, message, Span(str(file)), SEVERITY, _hint(file, rule))


def _hint(file: Path, rule: Path) -> str:
    other = rule.with_suffix(".yaml" if rule.suffix == ".yml" else ".yml")
    if other.exists():
        return f"rename it to {other.stem}{MARK}{other.suffix}"
    return f"name it after its rule, <slug>{MARK}{file.suffix}, or delete it"
