"""Spark's way to say the leaves; every function here is proven against the evaluator."""

from __future__ import annotations

from sqlglot import exp

from tocsin.ir.backtracking import linear
from tocsin.ir.nodes import Pattern, Regex, TimePart, Wild
from tocsin.ir.re2java import java_literal
from tocsin.model.source import Column, Source
from tocsin.sql.leaves import TIME
from tocsin.sql.tree import Sql, func, quoted
from tocsin_batch_sql.common.arrays import BatchLeaves, lambda_of, physical_names
from tocsin_batch_sql.common.misfits import FIELDS, TEXTS, as_texts, may_misfit
from tocsin_batch_sql.spark.moments import is_time_part
from tocsin_batch_sql.spark.tables import texts_of

BY_CONTEXT = (("Σ", "\u03c3"), ("İ", "i"))
"""ICU lowers a final Σ to ς and İ to two characters: both are replaced before."""

INFINITE = "Infinity"


class SparkLeaves(BatchLeaves):
    """The portable SQL of Spark."""

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
        r"""A Java pattern: LIKE looks at halves of characters beyond U+FFFF.

        The first place of each inner run is as good as any other, so none is tried again.
        """
        first, *inner = _runs(pattern)
        found = "".join(f"(?>.*?{run})" for run in inner[:-1])
        return _search(text, rf"(?s)\A{first}{found}{''.join(f'.*{run}' for run in inner[-1:])}\z")

    def regex(self, text: Sql, test: Regex) -> Sql:
        """REGEXP_LIKE searches with a Java pattern that takes linear time. Raises Unsupported."""
        return _search(text, linear(test.pattern, test.flags))

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


class SparkMisfits(SparkLeaves):
    """The same over events that do not fit: see `misfits`."""

    def raw(self, column: Column) -> Sql:
        """The list of a field's texts."""
        return texts_of(column.name)

    def own_columns(self) -> tuple[str, ...]:
        """Besides, what only these rows have."""
        return (FIELDS, TEXTS, *super().own_columns())


def spark(source: Source) -> list[BatchLeaves]:
    """Builders for all relations that hold events of a source."""
    names = physical_names(source)
    odd = [SparkMisfits(as_texts(source), names)] if may_misfit(source) else []
    return [SparkLeaves(source, names), *odd]


def _runs(pattern: Pattern) -> list[str]:
    """Java patterns of what stands between the `*` of a pattern."""
    runs = [""]
    for part in pattern:
        if part is Wild.MANY:
            runs.append("")
        else:
            runs[-1] += "." if isinstance(part, Wild) else java_literal(part)
    return runs


def _search(text: Sql, pattern: str) -> Sql:
    return func("REGEXP_LIKE", text, quoted(pattern))
