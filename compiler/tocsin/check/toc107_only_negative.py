"""TOC107: a detection that asks only for what an event does not say."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import place
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import Project
from tocsin.ir.evaluate import evaluate
from tocsin.ir.nodes import And, Const, Expr, IsNull, Not, Or, all_of, any_of, negate
from tocsin.ir.query import Query

CODE = "TOC107"
TITLE = "Only negative conditions"
SEVERITY = Severity.WARNING


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a detection that the empty event satisfies, though it asks for no null."""
    for query in project.queries:
        detection = query.detection
        if isinstance(query, Query) and _matches_nothing(query.expr):
            span = place(detection, "detection", "condition")
            hint = "add a selection that an event must satisfy, such as `field|exists: true`"
            message = f"{detection.key} matches every event that lacks its fields"
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)


def _matches_nothing(expr: Expr) -> bool:
    """Whether the empty event matches, and not for a `null` alone. Most do not match it at all."""
    return evaluate(expr, {}) and evaluate(_without_null(expr), {})


def _without_null(expr: Expr) -> Expr:
    """The expression with every `field: null` that counts for a match taken as false.

    Who asks for a missing field means it; who only excludes values seldom does.
    """
    match expr:
        case And(args):
            return all_of([_without_null(arg) for arg in args])
        case Or(args):
            return any_of([_without_null(arg) for arg in args])
        case IsNull():
            return Const(value=False)
        case Not(And() | Or() as inner):
            parts = [_without_null(negate(arg)) for arg in inner.args]
            return any_of(parts) if isinstance(inner, And) else all_of(parts)
        case _:
            return expr
