"""How two versions of a correlation differ, as far as their state is concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.ir.correlation import CorrelationType
from tocsin.model.source import TimeUnit
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.schema import StateSchema

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_ORDERED = (CorrelationType.TEMPORAL, CorrelationType.TEMPORAL_ORDERED)
"""Types whose state says which rule an event matched."""


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """`why` the old state is not that of the new version, empty if it is; then `kept` says so.

    `impossible`: why nothing could go on with the old state, whatever the plans say.
    """

    why: str = ""
    kept: str = ""
    impossible: str = ""


def changed(old: CorrelationArtifact, new: CorrelationArtifact) -> SchemaDiff:
    """The first reason in the order of their weight."""
    moved = next(_moved(old, new), "")
    why = moved or next(_read(old, new), "") or next(_held(old.shape, new.shape), "")
    return (
        SchemaDiff(why=why, impossible=moved)
        if why
        else SchemaDiff(kept=_kept(old.shape, new.shape))
    )


def span_text(milliseconds: int) -> str:
    """`10m`, as rules write a length of time."""
    unit, size = next((u, s) for u, s in _UNITS if milliseconds % s == 0)
    return f"{milliseconds // size}{unit}"


# --- sources --------------------------------------------------------------------------------------


def _moved(old: CorrelationArtifact, new: CorrelationArtifact) -> Iterator[str]:
    """Positions in topics are state, and so is how far the time of each group has come."""
    before = {each.source: each for each in old.inputs}
    for each in new.inputs:
        was = before.get(each.source)
        if was and was.topic != each.topic:
            yield f"source {each.source} moved from topic {was.topic} to {each.topic}"
        if was and was.time_field != each.time_field:
            yield f"the time of {each.source} is another field: {each.time_field}"
        if was and was.time_unit != each.time_unit:
            yield f"the time of {each.source} is written otherwise: {_unit(each.time_unit)}"


def _unit(unit: TimeUnit) -> str:
    return f"in {unit} since 1970" if unit else "as ISO 8601 texts"


def _read(old: CorrelationArtifact, new: CorrelationArtifact) -> Iterator[str]:
    """Events that count, and the fields taken from them."""
    before = {each.source: each for each in old.inputs}
    for each in new.inputs:
        was = before.get(each.source, each)
        if was.lateness_ms != each.lateness_ms:
            yield f"the lateness of {each.source} changed: other events count"
    bound = {(each.source, each.field): each.binding for each in old.shape.carried}
    for field in new.shape.carried:
        if bound.get((field.source, field.field), field.binding) != field.binding:
            yield f"{field.field} of {field.source} is read otherwise"


# --- what windows hold ----------------------------------------------------------------------------


def _held(old: StateSchema, new: StateSchema) -> Iterator[str]:
    """Rows and figures of the windows."""
    if _figures(old) != _figures(new):
        yield _other_figure(old, new)
    if len(old.bases) != len(new.bases):
        yield f"base rules: {len(old.bases)} became {len(new.bases)}"
    if old.group_by != new.group_by:
        yield "the group is made of other fields"
    if old.values != new.values:
        yield "the values are of other fields"
    yield from _bases(old, new)
    if new.timespan_ms > old.timespan_ms:
        spans = f"from {span_text(old.timespan_ms)} to {span_text(new.timespan_ms)}"
        yield f"timespan grew {spans}: older matches are not in the state"


def _figures(shape: StateSchema) -> str:
    """What is counted, as far as the windows go; the plans tell the rest.

    Sums and averages both hold a sum and a count.
    """
    return shape.share or ("value_sum" if shape.type is CorrelationType.VALUE_AVG else shape.type)


def _other_figure(old: StateSchema, new: StateSchema) -> str:
    if old.type is new.type:
        return f"percentile {old.share} became {new.share}: windows keep the one they began with"
    return f"{old.type} became {new.type}: windows hold other figures"


def _bases(old: StateSchema, new: StateSchema) -> Iterator[str]:
    """The rules whose matches are in the windows."""
    if old.bases == new.bases:
        return
    if Counter(old.bases) == Counter(new.bases):
        if new.type in _ORDERED or not _alike(new):
            yield "the base rules stand in another order"
        return
    for number, (was, base) in enumerate(zip(old.bases, new.bases, strict=True), 1):
        if was != base:
            kind = "correlation" if base.shape else "rule"
            yield f"base {kind} {number} changed: windows hold matches of the old one"


def _alike(shape: StateSchema) -> bool:
    """Whether all rules give the same fields, so that their order says nothing."""
    return all(len(set(fields)) == 1 for fields in (*shape.group_by, *shape.values))


def _kept(old: StateSchema, new: StateSchema) -> str:
    if new.timespan_ms < old.timespan_ms:
        spans = f"from {span_text(old.timespan_ms)} to {span_text(new.timespan_ms)}"
        return f"timespan shrank {spans}: the state holds all of it"
    if old.type is not new.type:
        return f"windows of {new.type} hold the same as those of {old.type}"
    if (old.bounds, old.presence) != (new.bounds, new.presence):
        return "only the condition on what windows hold changed"
    return "nothing that the state holds changed"
