"""The direction of a change: what a new version matches against what the old one matched."""

from __future__ import annotations

from tocsin.direction.correlations import compared
from tocsin.direction.events import Sides, excess
from tocsin.direction.verdict import Direction, concluded
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.model.source import Source


def direction(old: Resolved | None, new: Resolved | None) -> Direction:
    """The direction from one version to another; None is a version that is not there."""
    if isinstance(old, CorrelationQuery) or isinstance(new, CorrelationQuery):
        return compared(old, new)
    if (
        not isinstance(old, Query)
        or not isinstance(new, Query)
        or one_stream(old.source, new.source)
    ):
        return concluded(excess(Sides.of(old, new)), excess(Sides.of(new, old)))
    lost, gained = excess(Sides.of(old, None)), excess(Sides.of(new, None))
    return concluded(lost, gained)


def one_stream(old: Source, new: Source) -> bool:
    """Whether two sources are the same events."""
    return old.name == new.name or bool(old.topic and old.topic == new.topic)
