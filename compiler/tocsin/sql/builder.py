"""Expressions as SQL trees: what the SQL backends share.

The relation that a statement reads has one column per declared field, named as the rules write
it and NULL where the field is missing; each backend's `tables` makes it out of raw events.

A condition may be NULL instead of false, which WHERE, AND and OR take alike; it is folded to false
before every NOT, the only place where the two differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from tocsin.ir.nodes import Expr, FieldRef, How, Leaf, Or
from tocsin.model.source import Column, FieldType
from tocsin.sql.leaves import FOLDED, SqlLeaves
from tocsin.sql.lists import AnyText, In, drawn_together
from tocsin.sql.patterns import integer_of, is_caseless
from tocsin.sql.tree import Sql, any_true, equal, false, not_null, number, quoted, table

LISTED = frozenset({FieldType.STRING, FieldType.TIMESTAMP, FieldType.INTEGER})
"""Types of columns whose equalities are drawn together into one IN list."""


class SqlBuilder(SqlLeaves):
    """Conditions on columns that have the types that the source declares."""

    NODES: ClassVar[Mapping[type, str]] = {**SqlLeaves.NODES, In: "in_list"}

    def any_of(self, node: Or) -> Sql:
        """OR."""
        return any_true([self.condition(arg) for arg in self.together(node.args)])

    def together(self, args: Sequence[Expr]) -> Sequence[Expr | In | AnyText]:
        """The arguments of an OR, with the equalities of a field as one IN list."""
        return drawn_together(args, self.is_listed)

    def is_listed(self, field: str) -> bool:
        """Whether equalities of this field can be one IN list."""
        return self.column(field).type in LISTED

    def in_list(self, node: In) -> Sql:
        """IN; on integers, only the literals that are canonical integers can match."""
        column = self.column(node.field)
        if column.type is FieldType.INTEGER:
            numbers = [n for t in node.literals if (n := integer_of((t,))) is not None]
            values = [number(n) for n in numbers]
            return exp.In(this=self.raw(column), expressions=values) if values else false()
        text = self.text_column(column, folded=not node.cased and not is_caseless(node.literals))
        return exp.In(this=text, expressions=[quoted(t) for t in node.literals])

    def field_leaf(self, node: Leaf) -> Sql:
        """A test on a field."""
        return self.leaf(self.column(node.field), node.test)

    def field_ref(self, node: FieldRef) -> Sql:
        """A field against a field; NULL, so false, where either is missing."""
        left, right = self.column(node.field), self.column(node.other)
        if FieldType.MAP in (left.type, right.type):
            return false()
        return self.pair(left, right, node)

    def pair(self, left: Column, right: Column, node: FieldRef) -> Sql:
        """Two columns with one value each; an engine with arrays widens it."""
        if left is right:
            # Flink's planner makes `NOT x = x` false, even for a NULL.
            return not_null(self.raw(left))
        if left.type is right.type is FieldType.DOUBLE and node.how is How.EQUALS:
            return equal(self.raw(left), self.raw(right))
        texts = [self.text_column(column, folded=not node.cased) for column in (left, right)]
        return self.related(texts[0], texts[1], node.how)

    def related(self, left: Sql, right: Sql, how: How) -> Sql:
        """Two texts."""
        match how:
            case How.EQUALS:
                return equal(left, right)
            case How.STARTSWITH:
                return self.starts(left, right)
            case How.ENDSWITH:
                return self.ends(left, right)
            case How.CONTAINS:
                return self.contains(left, right)

    def fold_column(self, column: Column) -> Sql:
        """The folded text of a column."""
        return self.fold(self.raw(column))

    def relation(self, table_name: str) -> exp.Table | exp.Subquery:
        """What the statement reads: the table, with folded columns where any are needed."""
        if not self.folded:
            return table(table_name)
        folds = [
            exp.alias_(self.fold_column(column), self.names[column.name] + FOLDED, quoted=True)
            for column in self.folded.values()
        ]
        inner = exp.select(exp.Star(), *folds, copy=False).from_(table(table_name), copy=False)
        return inner.subquery(exp.to_identifier("event", quoted=True), copy=False)
