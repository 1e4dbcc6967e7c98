"""Conditions as SQL trees, whatever an engine's columns and leaves are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

from sqlglot import exp

from tocsin.errors import Unsupported
from tocsin.ir.nodes import And, Const, Expr, FieldRef, IsNull, Keyword, Leaf, Not, Or
from tocsin.model.source import Column, Source
from tocsin.sql.lists import AnyText, In
from tocsin.sql.tree import Sql, all_true, any_true, false, ident, never_null, true


class Conditions(ABC):
    """Builds the condition of one detection and the relation that it reads.

    `names`: the column of the relation for each field, NULL where the field is missing.
    """

    NODES: ClassVar[Mapping[type, str]] = {
        Const: "const",
        And: "all_of",
        Or: "any_of",
        Not: "negation",
        IsNull: "is_null",
        Leaf: "field_leaf",
        Keyword: "keyword",
        FieldRef: "field_ref",
    }

    def __init__(self, source: Source, names: Mapping[str, str]) -> None:
        self.source = source
        self.names = names

    @abstractmethod
    def field_leaf(self, node: Leaf) -> Sql:
        """A test on a field."""

    @abstractmethod
    def keyword(self, node: Keyword) -> Sql:
        """Some scalar of the event passes the test."""

    @abstractmethod
    def field_ref(self, node: FieldRef) -> Sql:
        """A field against a field; not true where either is missing."""

    @abstractmethod
    def relation(self, table_name: str) -> exp.Table | exp.Subquery:
        """What the statement reads."""

    def condition(self, node: Expr | In | AnyText) -> Sql:
        """The condition; NULL means false. Raises Unsupported for what the engine cannot say."""
        method = self.NODES.get(type(node))
        if method is None:
            raise Unsupported(type(node).__name__, "undeclared")
        make: Callable[[Expr | In | AnyText], Sql] = getattr(self, method)
        return make(node)

    def const(self, node: Const) -> Sql:
        """TRUE or FALSE."""
        return true() if node.value else false()

    def all_of(self, node: And) -> Sql:
        """AND."""
        return all_true([self.condition(arg) for arg in node.args])

    def any_of(self, node: Or) -> Sql:
        """OR."""
        return any_true([self.condition(arg) for arg in node.args])

    def negation(self, node: Not) -> Sql:
        """NOT, two-valued."""
        inner = self.condition(node.arg)
        return exp.not_(inner, copy=False) if never_null(inner) else self.not_true(inner)

    def not_true(self, inner: Sql) -> Sql:
        """NOT of a condition that may be NULL."""
        return exp.Not(this=exp.Coalesce(this=inner, expressions=[false()]))

    def is_null(self, node: IsNull) -> Sql:
        """IS NULL."""
        return exp.Is(this=self.raw(self.column(node.field)), expression=exp.null())

    def column(self, field: str) -> Column:
        """The declared column of a field. Raises Unsupported for an undeclared one."""
        column = self.source.column(field)
        if column is None:
            raise Unsupported("Leaf", "unknown-field", field)
        return column

    def raw(self, column: Column) -> Sql:
        """The column as it is."""
        return ident(self.names[column.name])
