"""What is computed over a window, and the condition on it, by type of correlation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from sqlglot import exp

from tocsin.errors import Unsupported
from tocsin.ir.correlation import (
    Absent,
    Bound,
    BoundOp,
    Correlation,
    CorrelationType,
    Every,
    Occurs,
    Presence,
    Some,
)
from tocsin.ir.statistic import SCALE
from tocsin.sql.correlation.engine import CorrelationDialect, ValueForm, over, tuple_text
from tocsin.sql.tree import Sql, all_true, any_true, false, ident, number


@dataclass(frozen=True, slots=True)
class WindowAggregates:
    """Named aggregates over the window, and the condition on their names; NULL means false."""

    columns: Mapping[str, Sql]
    holds: Sql


FORMS: Mapping[CorrelationType, ValueForm] = {
    CorrelationType.VALUE_COUNT: ValueForm.TEXT,
    CorrelationType.VALUE_SUM: ValueForm.DECIMAL,
    CorrelationType.VALUE_AVG: ValueForm.DECIMAL,
    CorrelationType.VALUE_PERCENTILE: ValueForm.DOUBLE,
    CorrelationType.VALUE_MEDIAN: ValueForm.DOUBLE,
}
"""How a correlation needs its values."""

FLAGGED = (CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED)
"""Types that look at which rules an event matched."""


def flag(rule: int) -> str:
    """The column that is 1 where the row's event matched the rule at this position, else 0."""
    return f"is_{rule + 1}"


def figures(
    correlation: Correlation, values: Sequence[str], engine: CorrelationDialect[Any]
) -> WindowAggregates:
    """For every type but `temporal_ordered`, which needs a step for each rule."""
    return _FIGURES[correlation.type](correlation, values, engine)


def _count(
    correlation: Correlation, _: Sequence[str], __: CorrelationDialect[Any]
) -> WindowAggregates:
    columns: dict[str, Sql] = {"events": over(exp.Count(this=exp.Star()))}
    return WindowAggregates(columns, _all(correlation, "events", 0))


def _distinct(
    correlation: Correlation, values: Sequence[str], engine: CorrelationDialect[Any]
) -> WindowAggregates:
    columns: dict[str, Sql] = {"values": engine.distinct(tuple_text(values))}
    return WindowAggregates(columns, _all(correlation, "values", 0))


def _sum(
    correlation: Correlation, values: Sequence[str], _: CorrelationDialect[Any]
) -> WindowAggregates:
    columns: dict[str, Sql] = {"total": over(exp.Sum(this=ident(values[0])))}
    return WindowAggregates(columns, _all(correlation, "total", SCALE))


def _average(
    correlation: Correlation, values: Sequence[str], _: CorrelationDialect[Any]
) -> WindowAggregates:
    """Compared by multiplying: a quotient would be rounded."""
    columns: dict[str, Sql] = {
        "total": over(exp.Sum(this=ident(values[0]))),
        "numbers": over(exp.Count(this=ident(values[0]))),
    }
    numbers = exp.cast(ident("numbers"), "DECIMAL(10, 0)")
    holds = [
        _OP[bound.op](
            this=ident("total"),
            expression=exp.Mul(this=_factor(bound), expression=numbers.copy()),
        )
        for bound in correlation.bounds
    ]
    return WindowAggregates(columns, all_true(holds))


def _percentile(
    correlation: Correlation, values: Sequence[str], engine: CorrelationDialect[Any]
) -> WindowAggregates:
    share = float(correlation.percentile or "50") / 100
    columns = {"percentile": over(engine.percentile(ident(values[0]), share))}
    holds = [
        _OP[bound.op](this=ident("percentile"), expression=number(float(bound.value)))
        for bound in correlation.bounds
    ]
    return WindowAggregates(columns, all_true(holds))


def _temporal(
    correlation: Correlation, _: Sequence[str], __: CorrelationDialect[Any]
) -> WindowAggregates:
    columns: dict[str, Sql] = {
        _present(rule): over(exp.Max(this=ident(flag(rule)))) for rule in range(correlation.rules)
    }
    if correlation.presence is not None:
        return WindowAggregates(columns, presence(correlation.presence))
    rules: Sql = ident(_present(0))
    for rule in range(1, correlation.rules):
        rules = exp.Add(this=rules, expression=ident(_present(rule)))
    holds = [_compare(bound, exp.Paren(this=rules.copy()), 0) for bound in correlation.bounds]
    return WindowAggregates(columns, all_true(holds))


def _present(rule: int) -> str:
    return f"has_{rule + 1}"


def presence(condition: Presence) -> Sql:
    """A condition over rules; two-valued, since no flag is NULL."""
    match condition:
        case Occurs(rule):
            return exp.EQ(this=ident(_present(rule)), expression=number(1))
        case Every(args):
            return all_true([presence(arg) for arg in args])
        case Some(args):
            return any_true([presence(arg) for arg in args])
        case Absent(arg):
            return exp.not_(presence(arg), copy=False)


_Maker = Callable[[Correlation, Sequence[str], CorrelationDialect[Any]], WindowAggregates]
_FIGURES: Mapping[CorrelationType, _Maker] = {
    CorrelationType.EVENT_COUNT: _count,
    CorrelationType.VALUE_COUNT: _distinct,
    CorrelationType.VALUE_SUM: _sum,
    CorrelationType.VALUE_AVG: _average,
    CorrelationType.VALUE_PERCENTILE: _percentile,
    CorrelationType.VALUE_MEDIAN: _percentile,
    CorrelationType.TEMPORAL: _temporal,
}

# --- bounds ---------------------------------------------------------------------------------------

_OP: Mapping[BoundOp, type[exp.Binary]] = {
    BoundOp.GT: exp.GT,
    BoundOp.GTE: exp.GTE,
    BoundOp.LT: exp.LT,
    BoundOp.LTE: exp.LTE,
    BoundOp.EQ: exp.EQ,
    BoundOp.NEQ: exp.NEQ,
}
_ROUNDING = {
    BoundOp.GT: ROUND_FLOOR,
    BoundOp.LTE: ROUND_FLOOR,
    BoundOp.GTE: ROUND_CEILING,
    BoundOp.LT: ROUND_CEILING,
}
_LARGEST = Decimal(10) ** 18
"""Bounds stay below: their literals are then BIGINT or DECIMAL(27, 9) everywhere."""


def _all(correlation: Correlation, column: str, places: int) -> Sql:
    return all_true([_compare(bound, ident(column), places) for bound in correlation.bounds])


def _compare(bound: Bound, figure: Sql, places: int) -> Sql:
    """A figure of so many decimal places against a bound, which may have more of them."""
    exact = _in_range(bound)
    near = _rounded(exact, places, _ROUNDING.get(bound.op, ROUND_FLOOR))
    if bound.op not in _ROUNDING and near != exact:
        return _constant(figure, holds=bound.op is BoundOp.NEQ)
    return _OP[bound.op](this=figure, expression=literal(near))


def _constant(figure: Sql, *, holds: bool) -> Sql:
    """What no figure, or any but NULL, satisfies."""
    return exp.Not(this=exp.Is(this=figure, expression=exp.null())) if holds else false()


def _factor(bound: Bound) -> Sql:
    exact = _in_range(bound)
    if _rounded(exact, SCALE, ROUND_FLOOR) != exact:
        raise Unsupported("Correlation", "number-out-of-range", bound.number)
    return literal(exact)


def _in_range(bound: Bound) -> Decimal:
    if abs(bound.value) >= _LARGEST:
        raise Unsupported("Correlation", "number-out-of-range", bound.number)
    return bound.value


def _rounded(value: Decimal, places: int, rounding: str) -> Decimal:
    exact = Context(prec=len(value.as_tuple().digits) + 40)
    return value.quantize(Decimal(1).scaleb(-places), rounding, exact)


def literal(value: Decimal) -> Sql:
    """A decimal literal, never with an exponent."""
    text = format(abs(value), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    made = exp.Literal.number(text)
    return exp.Neg(this=made) if value < 0 else made
