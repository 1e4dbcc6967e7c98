"""The condition map of a correlation: comparisons of a figure, the field, the percentile."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from tocsin.front.section import Section
from tocsin.ir.correlation import Bound, BoundOp, CorrelationType, within

CODE, IMPOSSIBLE = "TOC096", "TOC097"
OPERATORS = tuple(op.value for op in BoundOp)
COUNTS = {
    CorrelationType.EVENT_COUNT: "the number of events",
    CorrelationType.VALUE_COUNT: "the number of values",
    CorrelationType.TEMPORAL: "the number of rules",
    CorrelationType.TEMPORAL_ORDERED: "the number of rules",
}
"""The types whose figure is a whole number, and what it counts."""
ORDERS = (CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED)
_MEANT = {"==": "eq", "ne": "neq", "fields": "field", "count": "gte", "min": "gte", "max": "lte"}
_BEFORE, _AFTER = 18, 9


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition map that has a meaning: all bounds hold of the figure of these fields."""

    bounds: tuple[Bound, ...] = ()
    fields: tuple[str, ...] = ()
    percentile: str = ""


def read_condition(section: Section, kind: CorrelationType, rules: int) -> Condition:
    """The condition of a correlation of a type over so many rules."""
    section.only((*OPERATORS, "field", "percentile"), CODE, _MEANT)
    whole = kind in COUNTS
    bounds = tuple(
        Bound(op, number)
        for op in BoundOp
        if op.value in section.value and (number := _number(section, op.value, whole=whole))
    )
    if not section.diagnostics and not any(op in section.value for op in OPERATORS):
        hint = f"for example `gte: 5`; comparisons: {', '.join(OPERATORS)}"
        section.report(CODE, "the condition compares nothing", hint=hint)
    condition = Condition(bounds, _fields(section, kind), _percentile(section, kind))
    _possible(section, kind, rules, bounds)
    return condition


def _number(section: Section, key: str, *, whole: bool) -> str:
    """The canonical text of a number; empty where it is reported."""
    value = section.value[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = "write the number without quotes" if isinstance(value, str) else ""
        section.report(CODE, f"`{key}` must be a number", (key,), hint)
        return ""
    number = Decimal(section.document.written((*section.path, key)) or str(value))
    if whole and number != number.to_integral_value():
        section.report(CODE, f"`{key}: {value}`: a count must be a whole number", (key,))
        return ""
    text = canonical(number)
    if not text:
        hint = f"at most {_BEFORE} digits before the point and {_AFTER} after it"
        section.report(
            CODE, f"`{key}`: the number has too many digits to be compared exactly", (key,), hint
        )
    return text


def canonical(number: Decimal) -> str:
    """The number without needless zeros and exponent; empty where engines would round it."""
    if abs(number) >= Decimal(10) ** _BEFORE:
        return ""
    sign, digits, exponent = number.as_tuple()
    cut = max(0, -int(exponent) - _AFTER)
    if any(digits[max(len(digits) - cut, 0) :] if cut else ()):
        return ""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if not any(digits) else text if sign else text.lstrip("+")


def _fields(section: Section, kind: CorrelationType) -> tuple[str, ...]:
    if kind in (CorrelationType.EVENT_COUNT, *ORDERS):
        if "field" in section.value:
            hint = f"{kind.value} compares {COUNTS[kind]}; value_count, value_sum … compare values"
            section.report(CODE, f"{kind.value} takes no `field`", ("field",), hint, key=True)
        return ()
    if "field" not in section.value:
        hint = "name the field: `field: amount`"
        section.report(CODE, f"{kind.value} needs a `field`", hint=hint)
        return ()
    fields = section.texts("field", CODE)
    if len(fields) > 1 and kind is not CorrelationType.VALUE_COUNT:
        hint = "only value_count takes several: it counts their combinations"
        section.report(CODE, f"{kind.value} takes one field", ("field",), hint)
    elif not fields and section.value["field"] == []:
        section.report(CODE, "`field` is an empty list", ("field",), "name the field")
    return fields


def _percentile(section: Section, kind: CorrelationType) -> str:
    wanted = kind is CorrelationType.VALUE_PERCENTILE
    if "percentile" not in section.value:
        if wanted:
            hint = "for example `percentile: 95`"
            section.report(CODE, "value_percentile needs a `percentile`", hint=hint)
        return ""
    if not wanted:
        message = f"{kind.value} takes no `percentile`"
        hint = "only the type value_percentile has one"
        section.report(CODE, message, ("percentile",), hint, key=True)
        return ""
    text = _number(section, "percentile", whole=False)
    if text and not 0 <= Decimal(text) <= 100:  # noqa: PLR2004 - a percentage
        message = f"`percentile` cannot be {text}"
        section.report(CODE, message, ("percentile",), "write a number from 0 to 100")
    return text


def _possible(
    section: Section, kind: CorrelationType, rules: int, bounds: tuple[Bound, ...]
) -> None:
    """Report bounds that no window with an event can satisfy."""
    if not bounds or section.diagnostics or (kind in ORDERS and not rules):
        return
    figures = [f for f in _candidates(bounds, rules) if _may_be(f, kind, rules)]
    fitting = [figure for figure in figures if within(bounds, figure)]
    if not fitting:
        section.report(IMPOSSIBLE, "the condition can never hold",
                       hint=_range(kind, rules, bounds))  # fmt: skip
    elif kind is CorrelationType.TEMPORAL_ORDERED and fitting != [rules]:
        hint = "remove the condition, or use the type temporal"
        section.report(CODE, f"temporal_ordered needs all of its {rules} rules", hint=hint)


def _range(kind: CorrelationType, rules: int, bounds: tuple[Bound, ...]) -> str:
    if not any(within(bounds, figure) for figure in _candidates(bounds, rules)):
        return "the comparisons exclude each other"
    if kind in ORDERS:
        return f"{COUNTS[kind]} that match is always from 1 to {rules}"
    if kind in COUNTS:
        return f"{COUNTS[kind]} is always at least 1, because a window ends at an event"
    return "the comparisons exclude each other"


def _may_be(figure: Decimal, kind: CorrelationType, rules: int) -> bool:
    if kind not in COUNTS:
        return True
    most = rules if kind in ORDERS else figure
    return figure == figure.to_integral_value() and 1 <= figure <= most


def _candidates(bounds: tuple[Bound, ...], rules: int) -> list[Decimal]:
    """Figures among which one satisfies the bounds if any does: at, around, between them."""
    at = sorted({bound.value for bound in bounds})
    around = {value + step for value in at for step in (-1, 0, 1)}
    between = {(low + high) / 2 for low, high in pairwise(at)}
    counts = {Decimal(n) for n in range(1, rules + 1)}
    return sorted(around | between | counts)
