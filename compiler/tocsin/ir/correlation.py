"""Correlations: conditions on the base matches of a group inside a sliding window of event time.

Base rules are known by their position in the correlation's list, so that no name of a rule is
part of the meaning.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tocsin.ir.nodes import EXPRESSION_TYPES


class CorrelationType(StrEnum):
    """The types of Sigma correlations v2.1."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"
    VALUE_PERCENTILE = "value_percentile"
    VALUE_MEDIAN = "value_median"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


class BoundOp(StrEnum):
    """How a window's figure is compared."""

    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    EQ = "eq"
    NEQ = "neq"


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison of a window's figure; several of them all hold.

    `number` is the canonical text of a decimal number (`5`, `-0.25`).
    """

    op: BoundOp
    number: str

    @property
    def value(self) -> Decimal:
        """The number, exactly."""
        return Decimal(self.number)


_OP: Mapping[BoundOp, Callable[[Any, Any], bool]] = {
    BoundOp.GT: operator.gt,
    BoundOp.GTE: operator.ge,
    BoundOp.LT: operator.lt,
    BoundOp.LTE: operator.le,
    BoundOp.EQ: operator.eq,
    BoundOp.NEQ: operator.ne,
}


def within(bounds: Sequence[Bound], figure: float | Decimal, times: int = 1) -> bool:
    """Whether all comparisons of the figure with `times` the bound hold.

    Exactly, but for a double, which is compared with the double next to the bound.
    """
    take = float if isinstance(figure, float) else Decimal
    return all(_OP[bound.op](figure, take(bound.value * times)) for bound in bounds)


@dataclass(frozen=True, slots=True)
class Occurs:
    """The base rule at this position has a match in the window."""

    rule: int


@dataclass(frozen=True, slots=True)
class Every:
    """All hold."""

    args: tuple[Presence, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one holds."""

    args: tuple[Presence, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """Does not hold."""

    arg: Presence


Presence = Occurs | Every | Some | Absent


def present(condition: Presence, rules: Container[int]) -> bool:
    """Whether the condition holds where these rules have matched."""
    match condition:
        case Occurs(rule):
            return rule in rules
        case Every(args):
            return all(present(arg, rules) for arg in args)
        case Some(args):
            return any(present(arg, rules) for arg in args)
        case Absent(arg):
            return not present(arg, rules)


@dataclass(frozen=True, slots=True)
class Ref:
    """A field as the correlation names it, and the field it means in each base rule."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correlation:
    """What must hold on the window W(e) of a base match e.

    W(e) are the matches of e's group whose time lies in [t(e) - timespan_ms, t(e)].
    `rules`: how many base rules; for `temporal_ordered` they stand in their order. `bounds`
    compare the number of events, of distinct values, of distinct rules, or the statistic of the
    one field in `values`. `presence` is set for `temporal` where no bounds are.
    `percentile` (0 to 100, canonical decimal text) belongs to `value_percentile` alone.
    """

    type: CorrelationType
    rules: int
    timespan_ms: int
    group_by: tuple[Ref, ...] = ()
    bounds: tuple[Bound, ...] = ()
    presence: Presence | None = None
    values: tuple[Ref, ...] = ()
    percentile: str = ""


NODE_TYPES: tuple[type, ...] = (*EXPRESSION_TYPES, Correlation)
"""Everything a backend must declare."""
