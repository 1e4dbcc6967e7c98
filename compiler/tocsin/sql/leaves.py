"""Leaves as SQL trees: tables say which method makes a test, or a test on a type of column."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from math import isfinite
from typing import ClassVar

from sqlglot import exp

from tocsin.errors import Unsupported
from tocsin.ir.cidr import cidr_regex
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import Cidr, Compare, Op, Pattern, Regex, Test, Text, TimePart
from tocsin.ir.text import BITS64, INT64, number_text
from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.conditions import Conditions
from tocsin.sql.patterns import PatternShape, integer_of, is_caseless, shape_of
from tocsin.sql.tree import (
    Sql,
    all_true,
    equal,
    false,
    ident,
    not_null,
    number,
    quoted,
    try_cast,
)

FOLDED = "~"
"""Suffix of the computed columns that hold the folded text of a column."""

COMPARISONS: Mapping[Op, type[exp.Binary]] = {
    Op.GT: exp.GT,
    Op.GTE: exp.GTE,
    Op.LT: exp.LT,
    Op.LTE: exp.LTE,
}


NUMBER = r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?"
INTEGER = "-[0-9]{1,19}|[0-9]{1,20}"
_HOUR, _SIXTY = "([01][0-9]|2[0-3])", "[0-5][0-9]"
TIME = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    rf"([T ]{_HOUR}:{_SIXTY}(:{_SIXTY}(\.[0-9]+)?)?(Z|[+-]{_HOUR}(:?{_SIXTY})?)?)?"
)
"""Texts that name a time, but for days that their month does not have."""
EXACT_DOUBLE = 2**53
"""Below this, comparing integers as doubles is exact."""


def needs_fold(test: Test) -> bool:
    """Whether a test looks at the folded text."""
    return isinstance(test, Text) and not test.cased and not is_caseless(test.pattern)


def compared(value: Sql, test: Compare, bound: float) -> Sql:
    """The comparison of a number with the test's operator."""
    return COMPARISONS[test.op](this=value, expression=number(bound))


def exact_bound(test: Compare) -> int:
    """The test's integer. Raises Unsupported where it does not fit 64 bits."""
    if not isinstance(test.number, int) or test.number not in BITS64:
        raise Unsupported("Compare", "number-out-of-range", str(test.number))
    return test.number


def double_bound(test: Compare) -> float:
    """The test's number as a double. Raises Unsupported where that is another number."""
    bound = float(test.number)
    if not isfinite(bound) or bound != test.number:
        raise Unsupported("Compare", "number-out-of-range", str(test.number))
    return test.number if bound.is_integer() and abs(bound) < EXACT_DOUBLE else bound


class SqlLeaves(Conditions):
    """Makes tests on columns; remembers which folded columns they need."""

    COLUMNS: ClassVar[Mapping[FieldType, str]] = {
        FieldType.STRING: "string_leaf",
        FieldType.TIMESTAMP: "string_leaf",
        FieldType.INTEGER: "integer_leaf",
        FieldType.DOUBLE: "double_leaf",
        FieldType.BOOLEAN: "boolean_leaf",
        FieldType.MAP: "map_leaf",
        FieldType.STRINGS: "list_leaf",
    }
    TESTS: ClassVar[Mapping[type, str]] = {
        Text: "text",
        Regex: "regex",
        Cidr: "cidr",
        Compare: "compare",
        TimePart: "time_part",
    }

    def __init__(self, source: Source, names: Mapping[str, str]) -> None:
        """`names`: the column of the relation for each field (some engines fold their case)."""
        super().__init__(source, names)
        self.folded: dict[str, Column] = {}

    # --- what an engine brings ---------------------------------------------------------------

    @abstractmethod
    def fold(self, text: Sql) -> Sql:
        """Lower case by code point."""

    @abstractmethod
    def starts(self, text: Sql, literal: Sql) -> Sql:
        """Whether a text starts with another."""

    @abstractmethod
    def ends(self, text: Sql, literal: Sql) -> Sql:
        """Whether a text ends with another."""

    @abstractmethod
    def contains(self, text: Sql, literal: Sql) -> Sql:
        """Whether a text contains another; every text contains the empty one."""

    @abstractmethod
    def glob(self, text: Sql, pattern: Pattern) -> Sql:
        """A pattern of any shape; wildcards span line breaks."""

    @abstractmethod
    def regex(self, text: Sql, test: Regex) -> Sql:
        """RE2 search."""

    @abstractmethod
    def full_match(self, text: Sql, pattern: str) -> Sql:
        """Whether the whole text matches a regular expression that all engines read alike."""

    @abstractmethod
    def finite(self, value: Sql) -> Sql:
        """Whether a double is finite."""

    def same_double(self, value: Sql, wanted: float) -> Sql:
        """Whether a double is this number; zero has two signs."""
        return equal(value, number(wanted))

    @abstractmethod
    def time_part(self, text: Sql, test: TimePart) -> Sql:
        """Part of the time that a text names, in UTC."""

    @abstractmethod
    def list_leaf(self, column: Column, test: Test) -> Sql:
        """Some member of an array column passes the test."""

    # --- columns -----------------------------------------------------------------------------

    def folded_column(self, column: Column) -> exp.Column:
        """The column's folded text, computed once in the inner select."""
        self.folded[column.name] = column
        return ident(self.names[column.name] + FOLDED)

    def text_column(self, column: Column, *, folded: bool) -> Sql:
        """The text form of a column with one value. Raises Unsupported where SQL has none."""
        if column.type is FieldType.INTEGER:
            return exp.cast(self.raw(column), "TEXT")
        if column.type is FieldType.BOOLEAN:
            case = exp.Case().when(self.raw(column), quoted("true"))
            return case.when(exp.Not(this=self.raw(column)), quoted("false"))
        if column.type is FieldType.DOUBLE:
            raise Unsupported("Leaf", "text-of-double", column.name)
        return self.folded_column(column) if folded else self.raw(column)

    # --- leaves by type of column ------------------------------------------------------------

    def leaf(self, column: Column, test: Test) -> Sql:
        """A test on a column."""
        made: Sql = getattr(self, self.COLUMNS[column.type])(column, test)
        return made

    def string_leaf(self, column: Column, test: Test) -> Sql:
        """A test on a text."""
        return self.test(self.text_column(column, folded=needs_fold(test)), test)

    def integer_leaf(self, column: Column, test: Test) -> Sql:
        """Equality and comparison on the number itself, all else on its text."""
        match test:
            case Cidr() | TimePart():
                return false()
            case Compare(op, int()) if exact_bound(test) not in INT64:
                return not_null(self.raw(column)) if op in (Op.LT, Op.LTE) else false()
            case Compare(_, int()):
                return compared(self.raw(column), test, exact_bound(test))
            case Compare():
                return compared(exp.cast(self.raw(column), "DOUBLE"), test, double_bound(test))
            case Text(pattern) if shape_of(pattern).shape is PatternShape.EQUALS:
                value = integer_of(pattern)
                return (
                    false()
                    if value is None
                    else exp.EQ(this=self.raw(column), expression=number(value))
                )
        return self.test(self.text_column(column, folded=False), test)

    def double_leaf(self, column: Column, test: Test) -> Sql:
        """Equality and comparison on the number; its text cannot be had exactly."""
        value = self.raw(column)
        match test:
            case Cidr() | TimePart():
                return false()
            case Compare():
                return compared(value, test, double_bound(test))
            case Text(pattern) if shape_of(pattern).shape is PatternShape.ANY:
                return not_null(value)
            case Text(pattern) if shape_of(pattern).shape is PatternShape.EQUALS:
                wanted = _double_of(shape_of(pattern).literal)
                return false() if wanted is None else self.same_double(value, wanted)
        raise Unsupported(type(test).__name__, "text-of-double", column.name)

    def boolean_leaf(self, column: Column, test: Test) -> Sql:
        """The test is decided here, on the only two texts there are."""
        accepted = [value for value in (True, False) if passes(test, str(value).lower())]
        if len(accepted) == 1:
            return equal(self.raw(column), exp.Boolean(this=accepted[0]))
        return not_null(self.raw(column)) if accepted else false()

    def map_leaf(self, column: Column, test: Test) -> Sql:
        """A map has no text form: no test passes."""
        del column, test
        return false()

    # --- tests on a text ---------------------------------------------------------------------

    def test(self, text: Sql, test: Test) -> Sql:
        """A test on one text, which is folded already where the test looks at folded text."""
        method: Callable[[Sql, Test], Sql] = getattr(self, self.TESTS[type(test)])
        return method(text, test)

    def text(self, text: Sql, test: Text) -> Sql:
        """A pattern by its cheapest function."""
        shaped = shape_of(test.pattern)
        literal = quoted(shaped.literal)
        match shaped.shape:
            case PatternShape.ANY:
                return not_null(text)
            case PatternShape.EQUALS:
                return equal(text, literal)
            case PatternShape.STARTS:
                return self.starts(text, literal)
            case PatternShape.ENDS:
                return self.ends(text, literal)
            case PatternShape.CONTAINS:
                return self.contains(text, literal)
        return self.glob(text, test.pattern)

    def cidr(self, text: Sql, test: Cidr) -> Sql:
        """Address inside a network, by its spellings."""
        return self.full_match(text, cidr_regex(test.network))

    def compare(self, text: Sql, test: Compare) -> Sql:
        """Guarded TRY_CAST; integers beyond 2^53 need a branch of their own to be exact."""
        if isinstance(test.number, int) and abs(test.number) >= EXACT_DOUBLE:
            return self._compare_large(text, test)
        return self._compare_double(text, test, double_bound(test))

    def _compare_double(self, text: Sql, test: Compare, bound: float) -> Sql:
        value = try_cast(text, "DOUBLE")
        guard = [self.full_match(text, NUMBER), self.finite(value)]
        return all_true([*guard, compared(value.copy(), test, bound)])

    def _compare_large(self, text: Sql, test: Compare) -> Sql:
        integer = try_cast(text, "DECIMAL(20, 0)")
        low, high = number(BITS64[0]), number(BITS64[-1])
        fits = exp.Between(this=integer, low=low, high=high)
        is_integer = all_true([self.full_match(text, INTEGER), fits])
        exact = compared(integer.copy(), test, exact_bound(test))
        rest = self._compare_double(text, test, float(test.number))
        return exp.Case().when(is_integer, exact).else_(rest)


def _double_of(literal: str) -> float | None:
    """The one double with this text, if there is one: doubles with the same text are equal."""
    try:
        wanted = float(literal)
    except ValueError:
        return None
    return wanted if isfinite(wanted) and number_text(wanted) == literal else None
