"""DuckDB's way to say the leaves; every function here is proven against the evaluator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from tocsin.ir.nodes import Expr, Pattern, Regex, TimePart
from tocsin.ir.re2groups import python_named
from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.leaves import TIME
from tocsin.sql.lists import AnyText, In, long_runs
from tocsin.sql.patterns import PatternShape, is_caseless, like_of
from tocsin.sql.timestamps import within
from tocsin.sql.tree import (
    Sql,
    all_true,
    any_true,
    func,
    ident,
    number,
    quoted,
    try_cast,
)
from tocsin_batch_sql.common.arrays import BatchLeaves, lambda_of, physical_names
from tocsin_batch_sql.common.misfits import FIELDS, TEXTS, as_texts, may_misfit

UTC_FORM = (
    (r"\.[0-9]+", ""),
    (r"^(.{10})$", r"\1T00:00Z"),
    (r"([T ][0-9:]+)$", r"\1Z"),
    (r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2"),
)
"""Rewrites of a time text: no fraction, always a clock time, always a zone, its minutes apart."""
YEARS = (1, 9999)
META = re.compile(r"[\x00-\x1f\\.+*?()|\[\]{}^$]")
FEW = 2
"""So many searches in one text cost no less than one regular expression."""
ALTERNATIVES = 200
"""Literals of one such expression."""
TEXTUAL = frozenset({FieldType.STRING, FieldType.TIMESTAMP, FieldType.STRINGS})


class DuckDb(BatchLeaves):
    """The portable SQL of DuckDB."""

    NODES: ClassVar[Mapping[type, str]] = {**BatchLeaves.NODES, AnyText: "any_text"}

    def together(self, args: Sequence[Expr]) -> Sequence[Expr | In | AnyText]:
        """Of a few texts looked for in one column, one regular expression."""
        return long_runs(super().together(args), self.is_text, FEW, (PatternShape.CONTAINS,))

    def is_text(self, field: str) -> bool:
        """Whether the field's column is a text, or a list of them."""
        return self.column(field).type in TEXTUAL

    def any_text(self, node: AnyText) -> Sql:
        """An alternation: RE2 finds all of them in one pass over the text."""
        folded = not node.cased and not is_caseless(node.literals)
        either = [
            quoted("|".join(map(re2_literal, node.literals[at : at + ALTERNATIVES])))
            for at in range(0, len(node.literals), ALTERNATIVES)
        ]

        def holds(text: Sql) -> Sql:
            return any_true([func("REGEXP_MATCHES", text.copy(), each) for each in either])

        return self.over(self.column(node.field), folded, holds)

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
        return func("REGEXP_MATCHES", text, quoted(flags + python_named(test.pattern)))

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
        part = within(_part(test.unit.value, moment.copy()), test)
        return all_true([guard, part, year])

    def any_member(self, texts: Sql, variable: str, condition: Sql) -> Sql:
        """LIST_FILTER leaves some; NULL for a NULL list."""
        found = func("LIST_FILTER", texts, lambda_of(variable, condition))
        return exp.GT(this=func("LEN", found), expression=number(0))

    def each_member(self, texts: Sql, variable: str, value: Sql) -> Sql:
        """LIST_TRANSFORM."""
        return func("LIST_TRANSFORM", texts, lambda_of(variable, value))


def texts_of(field: str) -> Sql:
    """The list of a field's texts in an event that does not fit."""
    return func("MAP_EXTRACT_VALUE", ident(TEXTS), quoted(field))


class DuckDbMisfits(DuckDb):
    """The same over events that do not fit: see `misfits`."""

    def raw(self, column: Column) -> Sql:
        """The list of a field's texts."""
        return texts_of(column.name)

    def own_columns(self) -> tuple[str, ...]:
        """Besides, what only these rows have."""
        return (FIELDS, TEXTS, *super().own_columns())


def duckdb(source: Source) -> list[BatchLeaves]:
    """Builders for all relations that hold events of a source."""
    names = physical_names(source)
    odd = [DuckDbMisfits(as_texts(source), names)] if may_misfit(source) else []
    return [DuckDb(source, names), *odd]


def re2_literal(text: str) -> str:
    """The pattern of RE2 that finds this text."""
    return META.sub(lambda found: _escaped(found[0]), text)


def _escaped(char: str) -> str:
    return f"\\x{ord(char):02x}" if char < " " else f"\\{char}"


def _part(unit: str, moment: Sql) -> Sql:
    return func("DATE_PART", quoted(unit), moment)
