"""What an engine brings to the statement of a correlation, and how fields become its columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from sqlglot import exp

from tocsin.ir.statistic import DECIMAL, PRECISION, SCALE
from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.builder import SqlBuilder
from tocsin.sql.conditions import Conditions
from tocsin.sql.tree import Sql, all_true, func, ident, name, number, quoted, try_cast

SOURCE, TIME = "~source", "~time"
WINDOW = "window"
"""Name of the window of a SELECT."""

SMALLEST = 5e-10
"""What is smaller is 0 at the ninth decimal place."""


class ValueForm(StrEnum):
    """How the value of a field is needed."""

    TEXT = "text"
    DECIMAL = "decimal"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Need:
    """A column of a base: a field of its events in a form; NULL where there is no such value."""

    column: str
    field: str
    form: ValueForm


B = TypeVar("B", bound=Conditions)


class CorrelationDialect(ABC, Generic[B]):
    """Hooks of a dialect. Times of all rows are the column `~time`, which is never NULL."""

    identity: ClassVar[tuple[str, ...]]
    """Columns that identify an event of a source."""
    carried: ClassVar[tuple[str, ...]] = ()
    """Columns of an event that its alert needs besides."""
    told: ClassVar[tuple[str, ...]] = ()
    """Columns of bases on which `counts` looks; none where bases have only what counts."""

    @abstractmethod
    def builder(self, source: Source) -> B:
        """A new builder of conditions on the events of a source."""

    def builders(self, source: Source) -> Sequence[B]:
        """One for each relation that holds events of the source."""
        return [self.builder(source)]

    @abstractmethod
    def counts(self) -> Sequence[Sql]:
        """Conditions on an event of a source: it has a time and is not late."""

    def reasons(self) -> Sequence[tuple[str, Sql]]:
        """Why a row of a base does not count, and where that holds; see `told`."""
        return ()

    @abstractmethod
    def span(self, milliseconds: int) -> Sql:
        """A length of time, as a frame has it and as it is taken off a time."""

    @abstractmethod
    def percentile(self, value: Sql, share: float) -> Sql:
        """The percentile (0.0 to 1.0) of doubles, NULLs left out, linear between closest ranks."""

    @abstractmethod
    def value(self, builder: B, need: Need) -> Sql:
        """A field of an event in a form. Raises Unsupported where SQL has none."""

    def grounds(self) -> Mapping[str, Sql]:
        """What a match tells of its window's events, as columns over the window `w`."""
        return {}

    def time(self) -> Sql:
        """The time as a value."""
        return ident(TIME)

    def distinct(self, value: Sql) -> Sql:
        """The number of different values in the window, NULLs left out."""
        return over(exp.Count(this=exp.Distinct(expressions=[value])))


class TypedEngine(CorrelationDialect[SqlBuilder]):
    """Values of columns that have the types that sources declare."""

    @abstractmethod
    def only_member(self, members: Sql) -> Sql:
        """The text of an array column that has just one; else NULL."""

    def value(self, builder: SqlBuilder, need: Need) -> Sql:
        """A field of an event in a form. Raises Unsupported where SQL has none."""
        column = builder.column(need.field)
        if column.type is FieldType.MAP or (need.form is not ValueForm.TEXT and _is_never(column)):
            return exp.cast(exp.null(), "TEXT" if need.form is ValueForm.TEXT else _type(need.form))
        match need.form:
            case ValueForm.TEXT:
                return self.text(builder, column)
            case ValueForm.DECIMAL:
                return self.decimal(builder, column)
            case ValueForm.DOUBLE:
                # By way of the decimal's text, so that every engine has the same double.
                return exp.cast(exp.cast(self.decimal(builder, column), "TEXT"), "DOUBLE")

    def text(self, builder: SqlBuilder, column: Column) -> Sql:
        """The one text of a column."""
        if column.type is FieldType.STRINGS:
            return self.only_member(builder.raw(column))
        return builder.text_column(column, folded=False)

    def decimal(self, builder: SqlBuilder, column: Column) -> Sql:
        """DECIMAL(27, 9), as `tocsin.ir.statistic` reads it."""
        raw = builder.raw(column)
        if column.type is FieldType.INTEGER:
            return try_cast(raw, DECIMAL_TYPE)
        if column.type is FieldType.DOUBLE:
            text = exp.Lower(this=exp.cast(raw, "TEXT"))
            tiny = exp.LT(this=func("ABS", raw.copy()), expression=number(SMALLEST))
            zero = exp.cast(number(0), DECIMAL_TYPE)
            return exp.Case().when(tiny, zero).else_(_decimal(builder, text))
        return _decimal(builder, self.text(builder, column))


DECIMAL_TYPE = f"DECIMAL({PRECISION}, {SCALE})"


def guarded(is_number: Sql, text: Sql) -> Sql:
    """The decimal that a text is: engines' own casts take more than the contract does."""
    return exp.Case().when(is_number, try_cast(text, DECIMAL_TYPE))


def _decimal(builder: SqlBuilder, text: Sql) -> Sql:
    return guarded(builder.full_match(text, DECIMAL.pattern), text.copy())


def _is_never(column: Column) -> bool:
    return column.type is FieldType.BOOLEAN


def _type(form: ValueForm) -> str:
    return DECIMAL_TYPE if form is ValueForm.DECIMAL else "DOUBLE"


def has_time(source: Source) -> bool:
    """Whether the source declares a field that can tell the time of its events."""
    return bool(source.time_field) and source.column(source.time_field) is not None


# --- windows --------------------------------------------------------------------------------------


def over(aggregate: Sql) -> exp.Window:
    """An aggregate over the window of its SELECT."""
    return exp.Window(this=aggregate, alias=name(WINDOW), over="OVER")


def window(keys: Sequence[str], start: Sql) -> exp.Window:
    """The window of rows of equal keys, from `start` before the row's time, both ends included."""
    spec = exp.WindowSpec(kind="RANGE", start=start, start_side="PRECEDING", end="CURRENT ROW")
    return exp.Window(
        this=name(WINDOW),
        partition_by=[ident(key) for key in keys],
        order=exp.Order(expressions=[ident(TIME)]),
        spec=spec,
    )


def tuple_text(columns: Sequence[str]) -> Sql:
    """One text for texts, different for different ones; NULL where one of them is."""
    if len(columns) == 1:
        return ident(columns[0])
    parts = [part for column in columns for part in _sized(ident(column))]
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part, safe=False)
    return joined


def _sized(text: Sql) -> list[Sql]:
    return [exp.cast(func("CHAR_LENGTH", text.copy()), "TEXT"), quoted(":"), text]


def known(columns: Sequence[str]) -> list[Sql]:
    """Conditions that columns are not NULL."""
    return [exp.Not(this=exp.Is(this=ident(column), expression=exp.null())) for column in columns]


def where(select: exp.Select, conditions: Sequence[Sql]) -> exp.Select:
    """The SELECT, with a WHERE if there are conditions."""
    return select.where(all_true(conditions), copy=False) if conditions else select
