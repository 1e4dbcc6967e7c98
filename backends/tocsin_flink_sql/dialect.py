"""Flink's way to say the leaves; every function here is proven against the evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sqlglot import exp

from tocsin.backend.base import Support
from tocsin.backend.sql import SqlBuilder
from tocsin.backend.sql_leaf import TIME, needs_fold
from tocsin.backend.sql_lists import AnyText, drawn_together, long_runs
from tocsin.backend.sql_text import Shape, is_caseless
from tocsin.backend.sql_tree import Sql, any_true, func, number, quoted
from tocsin.errors import Unsupported
from tocsin.ir.nodes import FieldRef, How, Keyword, Leaf, Or, Pattern, Regex, Test, TimePart, Wild
from tocsin.ir.re2java import java_literal, re2java
from tocsin.model.source import Column, FieldType
from tocsin_flink_sql import arrays
from tocsin_flink_sql.ddl import columns_of
from tocsin_flink_sql.flink import IsNotTrue
from tocsin_flink_sql.members import apart, once
from tocsin_flink_sql.moments import is_time_part

LARGEST = 1.7976931348623157e308
BY_CONTEXT = ("Σİ", "\u03c3i")
"""Java lowers a final Σ to ς and İ to two characters: both are replaced before."""

GLOB = {Wild.MANY: ".*", Wild.ONE: "."}


LONG = 32
"""So many texts of one shape for one field become regular expressions: Flink's planner recurses
once for each operand of an OR and has no stack for a thousand of them."""

ALTERNATIVES = 200
"""Texts of one such expression: a Java string constant ends at 64 KB."""

ANCHORS = {
    Shape.EQUALS: (r"\A", r"\z"),
    Shape.STARTS: (r"\A", ""),
    Shape.ENDS: ("", r"\z"),
    Shape.CONTAINS: ("", ""),
}

TEXTS = frozenset({FieldType.STRING, FieldType.TIMESTAMP, FieldType.STRINGS})
"""Types of columns that are texts in the view."""


class FlinkLeaves(SqlBuilder):
    """The portable SQL of Flink."""

    NODES: ClassVar[Mapping[type, str]] = {**SqlBuilder.NODES, AnyText: "any_text"}

    def any_of(self, node: Or) -> Sql:
        """OR; long lists as few regular expressions."""
        leaves = [self.leaf_of(arg) if isinstance(arg, Keyword) else arg for arg in node.args]
        args = long_runs(drawn_together(leaves, self.is_listed), self.is_text, LONG)
        return shallow([self.condition(arg) for arg in args])

    def is_text(self, field: str) -> bool:
        """Whether the field's column is a text, be it of the members of an array."""
        return self.column(field).type in TEXTS

    def any_text(self, node: AnyText) -> Sql:
        """Some hundred texts as one alternation."""
        column = self.column(node.field)
        folded = not node.cased and not is_caseless(node.literals)
        first, last = ANCHORS[node.shape]
        if column.type is FieldType.STRINGS:
            apart(node.literals, "Text")
            first, last = arrays.ANCHORS[node.shape]
        made: list[Sql] = []
        for at in range(0, len(node.literals), ALTERNATIVES):
            either = "|".join(map(java_literal, node.literals[at : at + ALTERNATIVES]))
            text = self.text_of(column, folded=folded)
            made.append(func("REGEXP", text, quoted(f"{first}(?:{either}){last}")))
        return any_true(made)

    def column(self, field: str) -> Column:
        """The declared column; a scalar with parts has no exact form."""
        if field == self.source.values_column:
            return next(c for c in columns_of(self.source) if c.name == field)
        column = super().column(field)
        if "" in column.path:  # no identifier of Flink is empty
            raise Unsupported("Leaf", Support.NEVER, "a name without characters")
        depth = len(column.path)
        has_parts = any(
            len(c.path) > depth and c.path[:depth] == column.path for c in self.source.columns
        )
        if has_parts and column.type is not FieldType.MAP:
            raise Unsupported("Leaf", "scalar-with-parts", field)
        return column

    def fold(self, text: Sql) -> Sql:
        """LOWER, which is Java's, after what Java lowers by context."""
        return exp.Lower(this=func("TRANSLATE", text, *map(quoted, BY_CONTEXT)))

    def starts(self, text: Sql, literal: Sql) -> Sql:
        """STARTSWITH."""
        return func("STARTSWITH", text, literal)

    def ends(self, text: Sql, literal: Sql) -> Sql:
        """ENDSWITH."""
        return func("ENDSWITH", text, literal)

    def contains(self, text: Sql, literal: Sql) -> Sql:
        """INSTR. Not `> 0`: Flink's planner turns that back and forth without end in some ORs."""
        return exp.NEQ(this=func("INSTR", text, literal), expression=number(0))

    def glob(self, text: Sql, pattern: Pattern) -> Sql:
        r"""REGEXP: the wildcards of LIKE stop at line breaks."""
        parts = (GLOB[p] if isinstance(p, Wild) else java_literal(p) for p in pattern)
        return func("REGEXP", text, quoted(rf"(?s)\A{''.join(parts)}\z"))

    def regex(self, text: Sql, test: Regex) -> Sql:
        """REGEXP searches with a Java pattern; a pattern that Java refuses would be FALSE."""
        return func("REGEXP", text, quoted(re2java(test.pattern, test.flags)))

    def full_match(self, text: Sql, pattern: str) -> Sql:
        """REGEXP, anchored."""
        return func("REGEXP", text, quoted(rf"\A(?:{pattern})\z"))

    def finite(self, value: Sql) -> Sql:
        """No function of Flink says so."""
        return exp.LTE(this=func("ABS", value), expression=number(LARGEST))

    def same_double(self, value: Sql, wanted: float) -> Sql:
        """Equalities of an OR become a hash set, in which minus zero is not zero."""
        return super().same_double(value if wanted else exp.Abs(this=value), wanted)

    def not_true(self, inner: Sql) -> Sql:
        """IS NOT TRUE."""
        return IsNotTrue(this=inner)

    def time_part(self, text: Sql, test: TimePart) -> Sql:
        """Guarded by the shape of a time; see `moments`."""
        return is_time_part(text, self.full_match(text, TIME), test)

    # --- arrays -------------------------------------------------------------------------------

    def list_leaf(self, column: Column, test: Test) -> Sql:
        """Some member of the array passes."""
        return arrays.some_member(self.text_of(column, folded=needs_fold(test)), test)

    def text_of(self, column: Column, *, folded: bool) -> Sql:
        """The text, or the marked members, that a test looks at."""
        if column.type is not FieldType.STRINGS:
            return self.text_column(column, folded=folded)
        return self.folded_column(column) if folded else self.raw(column)

    def fold_column(self, column: Column) -> Sql:
        """The folded text; that of an array is too long to be folded again for each test."""
        folded = super().fold_column(column)
        return once(folded) if column.type is FieldType.STRINGS else folded

    def keyword(self, node: Keyword) -> Sql:
        """Some scalar of the event passes; the source must list them in a column."""
        return self.field_leaf(self.leaf_of(node))

    def leaf_of(self, node: Keyword) -> Leaf:
        """A keyword as a test on the column of all values."""
        if not self.source.values_column:
            raise Unsupported("Keyword", "no-values-column", self.source.name)
        return Leaf(self.source.values_column, node.test)

    def pair(self, left: Column, right: Column, node: FieldRef) -> Sql:
        """Two columns, either of which may be an array."""
        are = [column.type is FieldType.STRINGS for column in (left, right)]
        if not any(are):
            return super().pair(left, right, node)
        if left is right:
            return arrays.has_text(self.raw(left))
        one, other = (self.text_of(column, folded=not node.cased) for column in (left, right))
        if are == [True, False]:
            return arrays.some_related(one, other, node.how)
        if node.how is How.EQUALS:
            return arrays.some_shared(one, other) if are[0] else arrays.some_related(other, one)
        raise Unsupported("FieldRef", "array-fieldref", right.name)


def shallow(parts: list[Sql]) -> Sql:
    """An OR whose tree is never deep: groups of operands in parentheses."""
    while len(parts) > LONG:
        groups = [parts[at : at + LONG] for at in range(0, len(parts), LONG)]
        parts = [exp.paren(any_true(group), copy=False) for group in groups]
    return any_true(parts)
