"""A detection as one SELECT, whatever the engine."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tocsin.ir.query import Query
from tocsin.sql.tree import name, quoted
from tocsin_batch_sql.common.arrays import DETECTION_ID, BatchLeaves
from tocsin_batch_sql.common.misfits import beside


def selection(query: Query, builders: Sequence[BatchLeaves]) -> exp.Query:
    """The SELECT of the matching rows of the source's relations, with the detection's id.

    Raises Unsupported for what the builders' engine cannot say exactly.
    """
    first, *others = (_matching(query, builder) for builder in builders)
    made: exp.Query = first
    for other in others:
        made = exp.Union(this=made, expression=other, distinct=False)
    return made


def _matching(query: Query, builder: BatchLeaves) -> exp.Select:
    condition = builder.condition(query.matches)
    own = list(map(name, builder.own_columns()))
    found = exp.alias_(quoted(query.detection.id), DETECTION_ID, quoted=True)
    relation = builder.relation(beside(builder.source, ""))
    select = exp.select(found, exp.Star(except_=own) if own else exp.Star(), copy=False)
    return select.from_(relation, copy=False).where(condition, copy=False)
