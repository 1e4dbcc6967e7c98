"""What a correlation's state is made of, as far as a change of it can tell: data, no names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import ConfigDict

from tocsin.canonical import canonical_bytes
from tocsin.ir.correlation import CorrelationType, Ref
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.release.entry import FORBID_UNKNOWN

FieldsByRule = tuple[tuple[str, ...], ...]
"""For each key or value its field in every base rule."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base rule: the logic of a rule on events, or the shape of a correlation."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    sources: tuple[str, ...]
    logic: str = ""
    shape: StateSchema | None = None

    @classmethod
    def of(cls, query: Resolved) -> Self:
        """The base that a query is."""
        sources = tuple(source.name for source in query.sources)
        if isinstance(query, Query):
            return cls(sources, logic=query.logic)
        return cls(sources, shape=StateSchema.of(query))


@dataclass(frozen=True, slots=True)
class Carried:
    """A field that the correlation takes from the events of a source, as the source binds it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    source: str
    field: str
    binding: str


@dataclass(frozen=True, slots=True)
class StateSchema:
    """A correlation without names; `presence` and `bounds` are canonical JSON, "" for none."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    type: CorrelationType
    timespan_ms: int
    group_by: FieldsByRule
    values: FieldsByRule
    bounds: str
    presence: str
    percentile: str
    bases: tuple[Base, ...]
    carried: tuple[Carried, ...]

    @classmethod
    def of(cls, query: CorrelationQuery) -> Self:
        """The shape of a query, those of its bases included."""
        what = query.correlation
        return cls(
            type=what.type,
            timespan_ms=what.timespan_ms,
            group_by=_fields(what.group_by),
            values=_fields(what.values),
            bounds=_text(what.bounds),
            presence=_text(what.presence),
            percentile=what.percentile,
            bases=tuple(map(Base.of, query.bases)),
            carried=tuple(_carried(query)),
        )

    @property
    def share(self) -> str:
        """The percentile that is computed, if one is: a median is the fiftieth."""
        return "50" if self.type is CorrelationType.VALUE_MEDIAN else self.percentile

    @property
    def reach_ms(self) -> int:
        """How far back an event can matter: the timespans along the longest chain."""
        below = [base.shape.reach_ms for base in self.bases if base.shape]
        return self.timespan_ms + max(below, default=0)


def _fields(refs: tuple[Ref, ...]) -> FieldsByRule:
    return tuple(ref.fields for ref in refs)


def _text(value: object) -> str:
    return canonical_bytes(value).decode() if value else ""


def _carried(query: CorrelationQuery) -> Iterator[Carried]:
    """Each once, sorted."""
    found = {(each.source.name, field): each.source for each, field in query.carried()}
    for (name, field), source in sorted(found.items(), key=lambda item: item[0]):
        yield Carried(name, field, canonical_bytes(source.column(field)).decode())
