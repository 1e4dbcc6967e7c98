"""Parts of a time, `Time|hour: 7` and `Time|hour|gte: 20`, as tests on a range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.front.encode import ModifierError
from tocsin.ir.nodes import Const, Expr, Leaf, Op, TimePart, Unit

RANGES: Mapping[Unit, tuple[int, int]] = {
    Unit.MINUTE: (0, 59),
    Unit.HOUR: (0, 23),
    Unit.DAY: (1, 31),
    Unit.WEEK: (1, 53),
    Unit.MONTH: (1, 12),
    Unit.YEAR: (1, 9999),
}


def lower_time_part(field: str, unit: Unit, op: Op | None, value: Any) -> Expr:
    """The test; raises ModifierError where the value is none of the part's numbers."""
    low, high = RANGES[unit]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ModifierError(f"{unit.value} takes an integer from {low} to {high}")
    first, last = _range(op, value, low, high)
    return Leaf(field, TimePart(unit, first, last)) if first <= last else Const(value=False)


def _range(op: Op | None, value: int, low: int, high: int) -> tuple[int, int]:
    """The numbers from `low` to `high` that compare so."""
    match op:
        case None:
            return value, value
        case Op.GT:
            return value + 1, high
        case Op.GTE:
            return value, high
        case Op.LT:
            return low, value - 1
        case Op.LTE:
            return low, value
