"""Flink's way to say the leaves; every function here is proven against the evaluator."""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql import SqlBuilder
from tocsin.backend.sql_leaf import TIME
from tocsin.backend.sql_tree import Sql, func, number, quoted
from tocsin.errors import Unsupported
from tocsin.ir.nodes import Keyword, Pattern, Regex, Test, TimePart, Wild
from tocsin.ir.re2java import java_literal, re2java
from tocsin.model.source import Column, FieldType
from tocsin_flink_sql.flink import IsNotTrue
from tocsin_flink_sql.moments import is_time_part

LARGEST = 1.7976931348623157e308
BY_CONTEXT = ("Σİ", "\u03c3i")
"""Java lowers a final Σ to ς and İ to two characters: both are replaced before."""

GLOB = {Wild.MANY: ".*", Wild.ONE: "."}


class FlinkLeaves(SqlBuilder):
    """The portable SQL of Flink."""

    def column(self, field: str) -> Column:
        """The declared column; arrays have no exact form yet, nor has a scalar with parts."""
        column = super().column(field)
        if column.type is FieldType.STRINGS:
            raise Unsupported("Leaf", "array-column", field)
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
        """INSTR."""
        return exp.GT(this=func("INSTR", text, literal), expression=number(0))

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

    def not_true(self, inner: Sql) -> Sql:
        """IS NOT TRUE."""
        return IsNotTrue(this=inner)

    def time_part(self, text: Sql, test: TimePart) -> Sql:
        """Guarded by the shape of a time; see `moments`."""
        return is_time_part(text, self.full_match(text, TIME), test)

    def list_leaf(self, column: Column, test: Test) -> Sql:
        """Not yet."""
        del test
        raise Unsupported("Leaf", "array-column", column.name)

    def keyword(self, node: Keyword) -> Sql:
        """Not yet."""
        del node
        raise Unsupported("Keyword", "notyet")
