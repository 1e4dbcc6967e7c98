"""Spark's way to say the leaves; every function here is proven against the evaluator."""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql_leaf import TIME
from tocsin.backend.sql_tree import Sql, func, quoted
from tocsin.errors import Unsupported
from tocsin.ir.nodes import Pattern, Regex, TimePart, Wild
from tocsin.ir.re2java import java_literal, re2java
from tocsin.model.source import Column
from tocsin_batch_sql.arrays import BatchLeaves, lambda_of
from tocsin_batch_sql.spark.moments import is_time_part

BY_CONTEXT = (("Σ", "\u03c3"), ("İ", "i"))
"""ICU lowers a final Σ to ς and İ to two characters: both are replaced before."""

GLOB = {Wild.MANY: ".*", Wild.ONE: "."}
INFINITE = "Infinity"


class SparkLeaves(BatchLeaves):
    """The portable SQL of Spark."""

    def column(self, field: str) -> Column:
        """The declared column; Spark replaces `${…}` in names as well, where nothing helps."""
        if "${" in field:
            raise Unsupported("Leaf", "name-with-variable", field)
        return super().column(field)

    def fold(self, text: Sql) -> Sql:
        """LOWER, after what it lowers by context. REPLACE is cheap where nothing is found."""
        for char, lower in BY_CONTEXT:
            text = func("REPLACE", text, quoted(char), quoted(lower))
        return exp.Lower(this=text)

    def starts(self, text: Sql, literal: Sql) -> Sql:
        """STARTSWITH."""
        return func("STARTSWITH", text, literal)

    def ends(self, text: Sql, literal: Sql) -> Sql:
        """ENDSWITH."""
        return func("ENDSWITH", text, literal)

    def contains(self, text: Sql, literal: Sql) -> Sql:
        """CONTAINS."""
        return func("CONTAINS", text, literal)

    def glob(self, text: Sql, pattern: Pattern) -> Sql:
        r"""A Java pattern: LIKE looks at halves of characters beyond U+FFFF."""
        parts = (GLOB[p] if isinstance(p, Wild) else java_literal(p) for p in pattern)
        return _search(text, rf"(?s)\A{''.join(parts)}\z")

    def regex(self, text: Sql, test: Regex) -> Sql:
        """REGEXP_LIKE searches with a Java pattern."""
        return _search(text, re2java(test.pattern, test.flags))

    def full_match(self, text: Sql, pattern: str) -> Sql:
        """REGEXP_LIKE, anchored."""
        return _search(text, rf"\A(?:{pattern})\z")

    def finite(self, value: Sql) -> Sql:
        """What TRY_CAST makes of a number too large."""
        infinite = exp.cast(quoted(INFINITE), "DOUBLE")
        return exp.LT(this=exp.Abs(this=value), expression=infinite)

    def time_part(self, text: Sql, test: TimePart) -> Sql:
        """Guarded by the shape of a time; see `moments`."""
        return is_time_part(text, self.full_match(text, TIME), test)

    def any_member(self, texts: Sql, variable: str, condition: Sql) -> Sql:
        """EXISTS; NULL for a NULL array."""
        return func("EXISTS", texts, lambda_of(variable, condition))

    def each_member(self, texts: Sql, variable: str, value: Sql) -> Sql:
        """TRANSFORM."""
        return func("TRANSFORM", texts, lambda_of(variable, value))


def _search(text: Sql, pattern: str) -> Sql:
    return func("REGEXP_LIKE", text, quoted(pattern))
