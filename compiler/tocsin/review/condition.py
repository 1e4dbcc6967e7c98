"""The condition of a detection as lines, and what a change does to them."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice

from tocsin.ir.correlation import BoundOp, Correlation, Ref
from tocsin.ir.nodes import And, Expr, Not, Or
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.trace import label
from tocsin.model.detection import duration
from tocsin.review.document import MOST_LINES, cut

_MOST_COMPARED = 2000
_AROUND = 3
_OPERATOR = {
    BoundOp.GT: ">",
    BoundOp.GTE: ">=",
    BoundOp.LT: "<",
    BoundOp.LTE: "<=",
    BoundOp.EQ: "=",
    BoundOp.NEQ: "!=",
}


def difference(before: Resolved | None, after: Resolved | None) -> list[str]:
    """Lines of both conditions, each after ` `, `+` or `-`; nothing where they are alike."""
    old, new = (list(_shown(each)) if each else [] for each in (before, after))
    found = islice(unified_diff(old, new, lineterm="", n=_AROUND), 3, None)
    told = [" …" if line.startswith("@@") else line for line in found]
    if told and new and told[-1] != f" {new[-1]}" and told[-1].startswith(" "):
        told.append(" …")
    if len(told) > MOST_LINES:
        told = [*told[: MOST_LINES - 1], f" … {len(told) - MOST_LINES + 1} more lines"]
    return [cut(line) for line in told]


def _shown(query: Resolved) -> Iterator[str]:
    return islice(map(cut, lines(query)), _MOST_COMPARED)


def lines(query: Resolved, indent: int = 0) -> Iterator[str]:
    """The condition, one node a line; of a correlation with those of the rules it refers to."""
    if isinstance(query, Query):
        yield from _expression(query.matches, indent)
    else:
        yield from _correlation(query, indent)


def _expression(expr: Expr, indent: int) -> Iterator[str]:
    yield "  " * indent + label(expr)
    inverted = (expr.arg,) if isinstance(expr, Not) else ()
    for part in expr.args if isinstance(expr, And | Or) else inverted:
        yield from _expression(part, indent + 1)


def _correlation(query: CorrelationQuery, indent: int) -> Iterator[str]:
    asked = query.correlation
    yield "  " * indent + _asked(asked)
    if asked.group_by:
        yield "  " * (indent + 1) + f"by {_fields(asked.group_by)}"
    if asked.presence is not None:
        yield "  " * (indent + 1) + f"where {asked.presence}"
    for base in query.bases:
        yield "  " * (indent + 1) + f"{base.detection.key}:"
        yield from lines(base, indent + 2)


def _asked(asked: Correlation) -> str:
    bounds = " and ".join(f"{_OPERATOR[each.op]} {each.number}" for each in asked.bounds)
    of = f" of {_fields(asked.values)}" if asked.values else ""
    percentile = f" {asked.percentile}" if asked.percentile else ""
    return f"{asked.type}{percentile}{of} {bounds} in {duration(asked.timespan_ms)}".replace(
        "  ", " "
    )


def _fields(refs: tuple[Ref, ...]) -> str:
    return ", ".join(
        ref.name if set(ref.fields) == {ref.name} else f"{ref.name} ({', '.join(ref.fields)})"
        for ref in refs
    )
