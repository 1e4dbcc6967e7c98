"""The reference evaluator: the executable form of what a detection means.

Small and obvious on purpose. Every backend must agree with it on the real engine or refuse.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from tocsin.ir.leaf import checker, matcher
from tocsin.ir.nodes import And, Const, Expr, FieldRef, How, IsNull, Keyword, Leaf, Not, Or, Text
from tocsin.ir.text import fold, lookup, scalars, texts, walk


class View:
    """One event with the text forms of its fields, read and folded once.

    `renamed` gives the paths of fields whose place in the event is not their name.
    """

    def __init__(
        self, event: Mapping[str, Any], renamed: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.event = event
        self._renamed = renamed or {}
        self._texts: dict[str, tuple[str, ...] | None] = {}
        self._folded: dict[str, tuple[str, ...]] = {}
        self._scalars: tuple[str, ...] | None = None

    def texts(self, field: str) -> tuple[str, ...] | None:
        """Text forms of a field; None where it is missing."""
        if field not in self._texts:
            path = self._renamed.get(field)
            value = walk(self.event, path) if path else lookup(self.event, field)
            self._texts[field] = texts(value)
        return self._texts[field]

    def folded(self, field: str) -> tuple[str, ...]:
        """Folded text forms of a field; empty where it is missing."""
        if field not in self._folded:
            self._folded[field] = tuple(map(fold, self.texts(field) or ()))
        return self._folded[field]

    @property
    def scalars(self) -> tuple[str, ...]:
        """Text forms of all scalars of the event."""
        if self._scalars is None:
            self._scalars = tuple(scalars(self.event))
        return self._scalars


def evaluate(expr: Expr, event: Mapping[str, Any] | View) -> bool:
    """Whether the expression holds on an event."""
    return predicate(expr)(event if isinstance(event, View) else View(event))


Predicate = Callable[[View], bool]


def predicate(expr: Expr) -> Predicate:
    """The expression as a function of an event, for those who ask it of many events."""
    match expr:
        case And(args):
            return _every([predicate(arg) for arg in args])
        case Or(args):
            return _some([predicate(arg) for arg in args])
        case Not(arg):
            holds = predicate(arg)
            return lambda view: not holds(view)
        case Const(value):
            return lambda _: value
        case _:
            return _leaf(expr)


def _every(parts: list[Predicate]) -> Predicate:
    def holds(view: View) -> bool:
        for part in parts:  # noqa: SIM110 - a third faster than all() over a generator
            if not part(view):
                return False
        return True

    return holds


def _some(parts: list[Predicate]) -> Predicate:
    def holds(view: View) -> bool:
        for part in parts:  # noqa: SIM110 - a third faster than any() over a generator
            if part(view):
                return True
        return False

    return holds


def _leaf(expr: IsNull | Leaf | Keyword | FieldRef) -> Predicate:
    match expr:
        case IsNull(field):
            return lambda view: view.texts(field) is None
        case Leaf(field, Text(pattern, cased)) if not cased:
            check = matcher(pattern)
            return lambda view: any(map(check, view.folded(field)))
        case Leaf(field, test):
            check = checker(test)
            return lambda view: any(map(check, view.texts(field) or ()))
        case Keyword(test):
            check = checker(test)
            return lambda view: any(map(check, view.scalars))
        case FieldRef():
            return _field_ref(expr)


def _field_ref(expr: FieldRef) -> Predicate:
    compare = related(expr)

    def read(view: View, field: str) -> tuple[str, ...]:
        return (view.texts(field) or ()) if expr.cased else view.folded(field)

    return lambda view: compare(read(view, expr.field), read(view, expr.other))


def related(expr: FieldRef) -> Callable[[tuple[str, ...], tuple[str, ...]], bool]:
    """The comparison as a function of both fields' text forms, folded unless it is cased."""
    compare = _HOW[expr.how]
    return lambda texts, others: any(compare(text, each) for text in texts for each in others)


_HOW: dict[How, Callable[[str, str], bool]] = {
    How.EQUALS: operator.eq,
    How.CONTAINS: operator.contains,
    How.STARTSWITH: str.startswith,
    How.ENDSWITH: str.endswith,
}
