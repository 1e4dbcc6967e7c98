"""What Flink brings to the statement of a correlation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from tocsin.ir.statistic import DECIMAL
from tocsin.model.source import Source
from tocsin.sql.correlation.engine import (
    TIME,
    CorrelationDialect,
    Need,
    ValueForm,
    guarded,
    known,
    over,
)
from tocsin.sql.tree import Sql, func, ident, number, quoted
from tocsin_flink_sql.sql.conditions import FlinkLeaves
from tocsin_flink_sql.sql.event_time import on_time
from tocsin_flink_sql.sql.functions import ONLY, WINDOW
from tocsin_flink_sql.sql.intervals import interval
from tocsin_flink_sql.sql.tables import EVENT, ID, OFFSET, PARTITION, names_of

GROUNDS = "~window"
"""The column of what a window tells of its events."""


class FlinkCorrelations(CorrelationDialect[FlinkLeaves]):
    """Times are rowtime attributes, TIMESTAMP(3)."""

    identity: ClassVar[tuple[str, ...]] = (PARTITION, OFFSET, ID)
    carried: ClassVar[tuple[str, ...]] = (EVENT,)

    def builder(self, source: Source) -> FlinkLeaves:
        """Conditions for Flink."""
        return FlinkLeaves(source, names_of(source))

    def counts(self) -> Sequence[Sql]:
        """With a time, not late."""
        return [*known([TIME]), on_time()]

    def span(self, milliseconds: int) -> Sql:
        """An interval."""
        return interval(milliseconds)

    def grounds(self) -> Mapping[str, Sql]:
        """The newest events, by a function that keeps no more."""
        return {GROUNDS: over(func(WINDOW, ident(ID), self.time(), ident(EVENT)))}

    def time(self) -> Sql:
        """A plain timestamp: no aggregate takes a rowtime attribute."""
        return exp.cast(ident(TIME), "TIMESTAMP(3)")

    def percentile(self, value: Sql, share: float) -> Sql:
        """PERCENTILE."""
        return func("PERCENTILE", value, number(share))

    def value(self, builder: FlinkLeaves, need: Need) -> Sql:
        """The one text of a field, or the number that it is."""
        texts = builder.raw(builder.column(need.field))
        text = func(ONLY, texts)
        if need.form is ValueForm.TEXT:
            return text
        is_number = func("REGEXP", text, quoted(rf"\A(?:{DECIMAL.pattern})\z"))
        decimal = guarded(is_number, text.copy())
        # A double by way of the decimal's text, so that every engine has the same.
        return (
            exp.cast(exp.cast(decimal, "TEXT"), "DOUBLE")
            if need.form is ValueForm.DOUBLE
            else decimal
        )
