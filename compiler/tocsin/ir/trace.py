"""Why an expression holds on an event or not: the tree with every leaf's truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.escape import printable
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import (
    And,
    Cidr,
    Compare,
    Const,
    Expr,
    FieldRef,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Or,
    Regex,
    Test,
    Text,
    TimePart,
    Wild,
)

_OPERATOR = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True)
class Trace:
    """One node: what it asks, whether it holds, what the event has there, what is below."""

    label: str
    holds: bool
    seen: str = ""
    below: tuple[Trace, ...] = ()


def trace(expr: Expr, view: View) -> Trace:
    """The whole tree."""
    below: tuple[Trace, ...] = ()
    if isinstance(expr, And | Or):
        below = tuple(trace(arg, view) for arg in expr.args)
    elif isinstance(expr, Not):
        below = (trace(expr.arg, view),)
    return Trace(label(expr), evaluate(expr, view), _seen(expr, view), below)


def decisive(tree: Trace) -> Trace:
    """The tree cut to what decided: of a false `and` the false parts, of a true `or` the true."""
    kept = tree.below
    if (tree.label, tree.holds) in (("all of", False), ("any of", True)):
        kept = tuple(part for part in tree.below if part.holds is tree.holds)
    return Trace(tree.label, tree.holds, tree.seen, tuple(map(decisive, kept)))


def lines(tree: Trace, indent: int = 0) -> Iterator[str]:
    """The tree as text, one node a line."""
    seen = f"   (event: {tree.seen})" if tree.seen else ""
    yield f"{'  ' * indent}{'+' if tree.holds else '-'} {printable(tree.label)}{seen}"
    for part in tree.below:
        yield from lines(part, indent + 1)


def label(expr: Expr) -> str:  # noqa: PLR0911 - one return per node type
    """What a node asks, in one line."""
    match expr:
        case And():
            return "all of"
        case Or():
            return "any of"
        case Not():
            return "not"
        case Const(value):
            return str(value).lower()
        case IsNull(field):
            return f"{field} is missing"
        case Leaf(field, test):
            return f"{field} {_test(test)}"
        case Keyword(test):
            return f"any value {_test(test)}"
        case FieldRef(field, other, how):
            return f"{field} {how.value} the value of {other}"


def _test(test: Test) -> str:
    match test:
        case Text(pattern, cased):
            shown = "".join(p.value if isinstance(p, Wild) else p for p in pattern)
            return f"is {shown!r}" + (" (case-sensitive)" if cased else "")
        case Regex(pattern, flags):
            return f"has a match of /{pattern}/{flags}"
        case Cidr(network):
            return f"is an address in {network}"
        case Compare(op, number):
            return f"{_OPERATOR[op.value]} {number}"
        case TimePart(unit, first, last):
            return f"is a time whose {unit.value} is {part_range(first, last)}"


def part_range(first: int, last: int) -> str:
    """`7`, or `from 20 to 23`."""
    return str(first) if first == last else f"from {first} to {last}"


def _seen(expr: Expr, view: View) -> str:
    if isinstance(expr, FieldRef):
        return f"{_value(view, expr.field)} and {_value(view, expr.other)}"
    return _value(view, expr.field) if isinstance(expr, Leaf | IsNull) else ""


def _value(view: View, field: str) -> str:
    found = view.texts(field)
    if found is None:
        return "missing"
    shown = ", ".join(repr(t if len(t) <= 120 else t[:117] + "…") for t in found)  # noqa: PLR2004
    return shown or "a map"
