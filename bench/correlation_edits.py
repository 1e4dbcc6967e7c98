"""Edits of correlations whose direction is known from how they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from bench.edits import EQUAL, INCOMPARABLE, NARROWER, WIDER, Kinds
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType, Ref
from tocsin.ir.nodes import Leaf, Not, Text, all_of, any_of
from tocsin.ir.query import CorrelationQuery, Query, Resolved

Made = tuple[CorrelationQuery, Kinds] | None
UPWARD = (BoundOp.GT, BoundOp.GTE)
GROWING = (CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT)
TOGETHER = (CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED)


def edited(query: CorrelationQuery, field: str) -> dict[str, tuple[CorrelationQuery, Kinds]]:
    """Every edit that fits, by what it does; `field` is one that no base looks at."""
    tried = {name: make(query, field) for name, make in CORRELATION_EDITS.items()}
    return {name: made for name, made in tried.items() if made is not None}


def _with(query: CorrelationQuery, correlation: Correlation) -> CorrelationQuery:
    return replace(query, correlation=correlation)


def _counts(query: CorrelationQuery) -> bool:
    one = query.correlation
    upward = all(bound.op in UPWARD for bound in one.bounds)
    return one.type in GROWING and bool(one.bounds) and upward


def _grows(query: CorrelationQuery) -> bool:
    plain = query.correlation.presence is None or "Absent" not in repr(query.correlation)
    return _counts(query) or (query.correlation.type in TOGETHER and plain)


def _moved(query: CorrelationQuery, more: int) -> CorrelationQuery:
    bounds = tuple(Bound(b.op, str(b.value + Decimal(more))) for b in query.correlation.bounds)
    return _with(query, replace(query.correlation, bounds=bounds))


def _threshold_up(query: CorrelationQuery, _: str) -> Made:
    return (_moved(query, 1), NARROWER) if _counts(query) else None


def _threshold_down(query: CorrelationQuery, _: str) -> Made:
    low = [bound for bound in query.correlation.bounds if bound.value <= 2]
    return (_moved(query, -1), WIDER) if _counts(query) and not low else None


def _gte_to_gt(query: CorrelationQuery, _: str) -> Made:
    """`gte: n` and `gt: n-1` are the same of a count."""
    if not _counts(query) or any(bound.op is not BoundOp.GTE for bound in query.correlation.bounds):
        return None
    bounds = tuple(Bound(BoundOp.GT, str(b.value - 1)) for b in query.correlation.bounds)
    return _with(query, replace(query.correlation, bounds=bounds)), EQUAL


def _timespan(query: CorrelationQuery, share: float) -> CorrelationQuery:
    span = int(query.correlation.timespan_ms * share)
    return _with(query, replace(query.correlation, timespan_ms=span))


def _shorter(query: CorrelationQuery, _: str) -> Made:
    return (_timespan(query, 0.5), NARROWER) if _grows(query) else None


def _longer(query: CorrelationQuery, _: str) -> Made:
    return (_timespan(query, 2), WIDER) if _grows(query) else None


def _keyed(query: CorrelationQuery, field: str) -> Made:
    if not _grows(query):
        return None
    ref = Ref(field, (field,) * query.correlation.rules)
    keys = (*query.correlation.group_by, ref)
    return _with(query, replace(query.correlation, group_by=keys)), NARROWER


def _unkeyed(query: CorrelationQuery, _: str) -> Made:
    if not _grows(query) or not query.correlation.group_by:
        return None
    keys = query.correlation.group_by[:-1]
    return _with(query, replace(query.correlation, group_by=keys)), WIDER


def _keys_reordered(query: CorrelationQuery, _: str) -> Made:
    keys = tuple(reversed(query.correlation.group_by))
    return _with(query, replace(query.correlation, group_by=keys)), EQUAL


def _based(query: CorrelationQuery, change: Callable[[Query], Query]) -> CorrelationQuery:
    first, *rest = query.bases
    bases: tuple[Resolved, ...] = (change(first) if isinstance(first, Query) else first, *rest)
    return replace(query, bases=bases)


def _base_filtered(query: CorrelationQuery, field: str) -> Made:
    if not _grows(query) or not isinstance(query.bases[0], Query):
        return None
    out = Not(Leaf(field, Text(("filtered",))))
    return _based(query, lambda q: replace(q, expr=all_of([q.expr, out]))), NARROWER


def _base_widened(query: CorrelationQuery, field: str) -> Made:
    if not _grows(query) or not isinstance(query.bases[0], Query):
        return None
    more = Leaf(field, Text(("added",)))
    return _based(query, lambda q: replace(q, expr=any_of([q.expr, more]))), WIDER


def _threshold_up_and_longer(query: CorrelationQuery, field: str) -> Made:
    made = _threshold_up(query, field)
    return (_timespan(made[0], 2), INCOMPARABLE) if made else None


CORRELATION_EDITS: dict[str, Callable[[CorrelationQuery, str], Made]] = {
    "a threshold raised": _threshold_up,
    "a threshold lowered": _threshold_down,
    "gte n → gt n-1": _gte_to_gt,
    "a shorter timespan": _shorter,
    "a longer timespan": _longer,
    "a key of the group added": _keyed,
    "a key of the group removed": _unkeyed,
    "the keys of the group in another order": _keys_reordered,
    "a filter in a base": _base_filtered,
    "a base widened": _base_widened,
    "a threshold raised, and a longer timespan": _threshold_up_and_longer,
}
