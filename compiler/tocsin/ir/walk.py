"""Walks over expressions."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.ir.nodes import And, Expr, FieldRef, IsNull, Keyword, Leaf, Not, Or, Test


def nodes_of(expr: Expr) -> Iterator[Expr]:
    """The expression and all below it, parents first."""
    yield expr
    if isinstance(expr, And | Or):
        for arg in expr.args:
            yield from nodes_of(arg)
    elif isinstance(expr, Not):
        yield from nodes_of(expr.arg)


def fields_of(expr: Expr) -> set[str]:
    """Names of the fields that an expression looks at."""
    found: set[str] = set()
    for node in nodes_of(expr):
        if isinstance(node, Leaf | IsNull):
            found.add(node.field)
        elif isinstance(node, FieldRef):
            found.update((node.field, node.other))
    return found


def tests_of(expr: Expr) -> Iterator[Test]:
    """All tests in an expression."""
    for node in nodes_of(expr):
        if isinstance(node, Leaf | Keyword):
            yield node.test


def kinds_of(expr: Expr) -> set[str]:
    """Type names of all nodes and tests in an expression, as backends declare them."""
    kinds = {type(node).__name__ for node in nodes_of(expr)}
    return kinds | {type(test).__name__ for test in tests_of(expr)}
