"""Flink's way to say the leaves: a test asks all texts of a field, by a function of ours.

Flink SQL has nothing that asks something of every member of an array, and its regular expressions
may try all ways through a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from sqlglot import exp

from tocsin.backend.base import Support
from tocsin.canonical import canonical_bytes
from tocsin.errors import Unsupported
from tocsin.ir.nodes import (
    Cidr,
    Expr,
    FieldRef,
    Keyword,
    Leaf,
    Not,
    Or,
    Pattern,
    Regex,
    Test,
    Text,
    Wild,
)
from tocsin.ir.re2java import re2java
from tocsin.model.source import Column
from tocsin.pack.leaves import code_of
from tocsin.sql.conditions import Conditions
from tocsin.sql.lists import AnyText, In, long_runs
from tocsin.sql.patterns import PatternShape, shape_of
from tocsin.sql.tree import Sql, any_true, func, ident, quoted, table
from tocsin_flink_sql.sql.functions import PASSES, RELATED, SCALARS
from tocsin_flink_sql.sql.tables import EVENT

LONG = 32
"""So many texts of one shape for one field become one test: Flink's planner recurses once for each
operand of an OR and has no stack for a thousand of them."""

SIZE = 10_000
"""Code points of the texts of one such test: a constant in Java ends at 64 KB."""

SHAPES: Mapping[PatternShape, str] = {
    PatternShape.EQUALS: "equals",
    PatternShape.STARTS: "startswith",
    PatternShape.ENDS: "endswith",
    PatternShape.CONTAINS: "contains",
}
CASED, ANY = "|cased", "|any"


class FlinkLeaves(Conditions):
    """The portable SQL of Flink. No condition is ever NULL."""

    NODES: ClassVar[Mapping[type, str]] = {**Conditions.NODES, AnyText: "any_text"}

    def relation(self, table_name: str) -> exp.Table:
        """The view."""
        return table(table_name)

    def negation(self, node: Not) -> Sql:
        """NOT."""
        return exp.not_(self.condition(node.arg), copy=False)

    def any_of(self, node: Or) -> Sql:
        """OR; long lists as few tests."""
        words = [Leaf("", arg.test) for arg in node.args if isinstance(arg, Keyword)]
        others = [arg for arg in node.args if not isinstance(arg, Keyword)]
        made = [self.condition(arg) for arg in long_runs(others, _every, LONG)]
        return shallow([*made, *(_said(_scalars(), arg) for arg in long_runs(words, _every, LONG))])

    def any_text(self, node: AnyText) -> Sql:
        """Many texts for one field."""
        return _said(self.raw(self.column(node.field)), node)

    def field_leaf(self, node: Leaf) -> Sql:
        """One of the field's texts passes."""
        return _said(self.raw(self.column(node.field)), node)

    def keyword(self, node: Keyword) -> Sql:
        """One of all scalars of the event passes."""
        return _said(_scalars(), Leaf("", node.test))

    def field_ref(self, node: FieldRef) -> Sql:
        """One of the texts of a field compares so with one of another's."""
        texts = [self.raw(self.column(field)) for field in (node.field, node.other)]
        how = quoted(node.how + CASED * node.cased)
        return func(RELATED, texts[0], how, texts[1])

    def column(self, field: str) -> Column:
        """The declared column."""
        column = super().column(field)
        if not column.name:  # no identifier of Flink is empty
            raise Unsupported("Leaf", Support.NEVER, "a name without characters")
        return column


def _every(field: str) -> bool:
    del field
    return True


def _scalars() -> Sql:
    return func(SCALARS, ident(EVENT))


def _said(texts: Sql, node: Expr | In | AnyText) -> Sql:
    """A test, or one of many texts, as calls of the function."""
    match node:
        case AnyText():
            kind = SHAPES[node.shape] + ANY + CASED * node.cased
            return any_true([_passes(texts.copy(), kind, _json(some)) for some in _parts(node)])
        case Leaf():
            return _passes(texts, *kind_and_value(node.test))
    raise Unsupported(type(node).__name__, "undeclared")


def _passes(texts: Sql, kind: str, value: str) -> Sql:
    return func(PASSES, texts, quoted(kind), quoted(value))


def kind_and_value(test: Test) -> tuple[str, str]:
    """What the function is told; see the class TestReader in Java."""
    match test:
        case Text(pattern, cased):
            shaped = shape_of(pattern)
            if shaped.shape in SHAPES:
                return SHAPES[shaped.shape] + CASED * cased, shaped.literal
            return "like" + CASED * cased, _wildcards(pattern)
        case Regex(pattern, flags):
            return "regex", re2java(pattern, flags)
        case Cidr(network):
            return "cidr", network
    kind, _, *rest = code_of(Leaf("", test))
    return kind, _json(rest)


def _wildcards(pattern: Pattern) -> str:
    """Sigma's own wildcards; each of them, and each backslash, that is a character is escaped."""
    plain = str.maketrans({char: f"\\{char}" for char in "\\*?"})
    wild = {Wild.MANY: "*", Wild.ONE: "?"}
    return "".join(wild[p] if isinstance(p, Wild) else p.translate(plain) for p in pattern)


def _parts(node: AnyText) -> Iterator[list[str]]:
    """The texts in portions."""
    some: list[str] = []
    for text in node.literals:
        if some and sum(map(len, some)) + len(text) > SIZE:
            yield some
            some = []
        some.append(text)
    yield some


def _json(value: object) -> str:
    return canonical_bytes(value).decode()


def shallow(parts: list[Sql]) -> Sql:
    """An OR whose tree is never deep: groups of operands in parentheses."""
    while len(parts) > LONG:
        groups = [parts[at : at + LONG] for at in range(0, len(parts), LONG)]
        parts = [exp.paren(any_true(group), copy=False) for group in groups]
    return any_true(parts)
