"""DuckDB's way to say the leaves; every function here is proven against the evaluator."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from tocsin.backend.sql import SqlBuilder
from tocsin.backend.sql_leaf import TIME, needs_fold
from tocsin.backend.sql_text import like_of
from tocsin.backend.sql_tree import Sql, all_true, func, ident, name, number, quoted, try_cast
from tocsin.errors import Unsupported
from tocsin.ir.nodes import FieldRef, Keyword, Pattern, Regex, Test, TimePart
from tocsin.model.source import Column, FieldType, Source

UTC_FORM = ((r"\.[0-9]+", ""), (r"^(.{10})$", r"\1T00:00Z"), (r"([T ][0-9:]+)$", r"\1Z"))
"""Rewrites of a time text: no fraction, always a clock time, always a zone."""
YEARS = (1, 9999)
MEMBER, OTHER = "~m", "~n"
"""Variables over the members of arrays."""


def physical_names(source: Source) -> dict[str, str]:
    """Column of the table for each field: DuckDB folds the case of names, so twins get `~2`, …."""
    seen: dict[str, int] = {}
    result: dict[str, str] = {}
    for column in source.columns:
        count = seen[column.name.lower()] = seen.get(column.name.lower(), 0) + 1
        result[column.name] = column.name if count == 1 else f"{column.name}~{count}"
    if source.values_column:
        result[source.values_column] = source.values_column
    return result


class DuckDb(SqlBuilder):
    """The portable SQL of DuckDB."""

    def fold(self, text: Sql) -> Sql:
        """LOWER of DuckDB maps by code point, without context."""
        return exp.Lower(this=text)

    def starts(self, text: Sql, literal: Sql) -> Sql:
        """STARTS_WITH."""
        return func("STARTS_WITH", text, literal)

    def ends(self, text: Sql, literal: Sql) -> Sql:
        """ENDS_WITH."""
        return func("ENDS_WITH", text, literal)

    def contains(self, text: Sql, literal: Sql) -> Sql:
        """CONTAINS."""
        return func("CONTAINS", text, literal)

    def glob(self, text: Sql, pattern: Pattern) -> Sql:
        """LIKE: `_` is one code point, both wildcards span line breaks, no default escape."""
        like, escape = like_of(pattern)
        tree = exp.Like(this=text, expression=quoted(like))
        return exp.Escape(this=tree, expression=quoted(escape)) if escape else tree

    def regex(self, text: Sql, test: Regex) -> Sql:
        """REGEXP_MATCHES is RE2 itself, an older one that lacks `(?<name>`."""
        flags = f"(?{test.flags})" if test.flags else ""
        return func("REGEXP_MATCHES", text, quoted(flags + test.pattern.replace("(?<", "(?P<")))

    def full_match(self, text: Sql, pattern: str) -> Sql:
        """REGEXP_FULL_MATCH."""
        return func("REGEXP_FULL_MATCH", text, quoted(pattern))

    def finite(self, value: Sql) -> Sql:
        """ISFINITE."""
        return func("ISFINITE", value)

    def time_part(self, text: Sql, test: TimePart) -> Sql:
        """Guarded TRY_CAST with an explicit zone, so that no setting of the session matters."""
        guard = self.full_match(text, TIME)
        zoned = text
        for pattern, replacement in UTC_FORM:
            zoned = func("REGEXP_REPLACE", zoned, quoted(pattern), quoted(replacement))
        moment = func("TIMEZONE", quoted("UTC"), try_cast(zoned, "TIMESTAMPTZ"))
        year = exp.Between(this=_part("year", moment), low=number(YEARS[0]), high=number(YEARS[1]))
        part = exp.EQ(this=_part(test.unit.value, moment.copy()), expression=number(test.value))
        return all_true([guard, part, year])

    # --- arrays -------------------------------------------------------------------------------

    def list_leaf(self, column: Column, test: Test) -> Sql:
        """Some member of the array passes."""
        texts = self.folded_column(column) if needs_fold(test) else self.raw(column)
        return any_member(texts, MEMBER, lambda member: self.test(member, test))

    def keyword(self, node: Keyword) -> Sql:
        """Some scalar of the event passes; the source must list them in a column."""
        values = self.source.values_column
        if not values:
            raise Unsupported("Keyword", "no-values-column", self.source.name)
        return self.list_leaf(Column(values, FieldType.STRINGS, (values,)), node.test)

    def fold_column(self, column: Column) -> Sql:
        """The folded text, or the folded members of an array."""
        if column.type is not FieldType.STRINGS:
            return self.fold(self.raw(column))
        return func("LIST_TRANSFORM", self.raw(column), lambda_of(MEMBER, self.fold(ident(MEMBER))))

    def pair(self, left: Column, right: Column, node: FieldRef) -> Sql:
        """Two columns, either of which may be an array."""
        made = [self._members(c, v, node) for c, v in ((left, MEMBER), (right, OTHER))]
        (left_text, left_wrap), (right_text, right_wrap) = made
        if left_wrap is right_wrap is None:
            return super().pair(left, right, node)
        condition = self.related(left_text, right_text, node.how)
        for wrap in (right_wrap, left_wrap):
            condition = wrap(condition) if wrap else condition
        return condition

    def _members(
        self, column: Column, variable: str, node: FieldRef
    ) -> tuple[Sql, Callable[[Sql], Sql] | None]:
        """The text to compare and, for an array, what puts the comparison over its members."""
        if column.type is not FieldType.STRINGS:
            return self.text_column(column, folded=not node.cased), None
        texts = self.raw(column) if node.cased else self.folded_column(column)
        return ident(variable), lambda inner: any_member(texts, variable, lambda _: inner)


def _part(unit: str, moment: Sql) -> Sql:
    return func("DATE_PART", quoted(unit), moment)


def any_member(texts: Sql, variable: str, holds: Callable[[Sql], Sql]) -> Sql:
    """Whether the condition holds for some member of a list; NULL for a NULL list."""
    found = func("LIST_FILTER", texts, lambda_of(variable, holds(ident(variable))))
    return exp.GT(this=func("LEN", found), expression=number(0))


def lambda_of(variable: str, body: Sql) -> exp.Lambda:
    """A function of one quoted variable."""
    return exp.Lambda(this=body, expressions=[name(variable)])
