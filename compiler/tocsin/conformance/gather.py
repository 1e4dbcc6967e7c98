"""Many cases into few jobs: cases share a source where their columns and events agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.canonical import digest
from tocsin.cases.events import arrivals, tells_time
from tocsin.cases.place import step_of
from tocsin.conformance.case import ContractCase
from tocsin.conformance.columns import NAME, TIME, type_of, values_of
from tocsin.conformance.lower import named, query_of
from tocsin.events.piece import EventDict
from tocsin.ir.correlation import Correlation
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.ir.text import scalars
from tocsin.model.detection import Case as Story
from tocsin.model.detection import Expect
from tocsin.model.source import Column, FieldType, Source

VALUES = "conformance:values"
"""Column with every scalar of the event: SQL engines need it for keywords."""

HUGE = 200
"""Values of a placeholder from which on a case keeps away from the others."""
Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacedContractCase:
    """A case in a group: its query, and where its events stand among the group's events.

    `positions[n]` is the position of the case's event n, which are in order of arrival.
    """

    case: ContractCase
    query: Resolved
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """Cases of one source. Those with correlations lie weeks apart, beyond each other's windows."""

    source: Source
    events: tuple[EventDict, ...]
    placed: tuple[PlacedContractCase, ...]


@dataclass(slots=True)
class _Open:
    """A group that still takes cases. `claims`: the type at each place, None where only nulls."""

    kind: tuple[Any, ...]
    first: Source
    columns: dict[str, Column]
    claims: dict[Place, FieldType | None]
    members: list[tuple[ContractCase, Resolved]] = field(default_factory=list)

    @property
    def stateful(self) -> bool:
        """Whether its cases are correlations."""
        return bool(self.kind[1])

    @property
    def shared(self) -> bool:
        """Whether all its cases look at the same events: those that tell their time themselves."""
        return bool(self.kind[2])


def gather(cases: Iterable[ContractCase]) -> list[CaseGroup]:
    """The groups of all cases that have a meaning."""
    opened: list[_Open] = []
    for case in cases:
        _place(case, query_of(case), opened)
    return [_closed(each, number) for number, each in enumerate(opened)]


def _place(case: ContractCase, query: Resolved, opened: list[_Open]) -> None:
    source = query.source
    events = arrivals(_story(case), [source])
    stateful = Correlation.__name__ in query.kinds
    timed = stateful and any(tells_time(event, [source]) for event in case.given_events)
    keyed = digest([body for _, body in events]) if timed else ""
    # Placeholders make thousands of leaves of one: on every other case's event they take minutes.
    huge = any(len(values) > HUGE for values in case.placeholders.values())
    lateness = case.lateness if stateful else ""
    time = (source.time_field, source.time_unit, lateness)
    kind = (Keyword.__name__ in query.kinds, stateful, keyed, time, huge)
    claims = _claims(source, [body for _, body in events])
    for group in opened:
        if group.kind == kind and _agree(group, source, claims):
            break
    else:
        group = _Open(kind, source, {}, {})
        opened.append(group)
    group.columns |= {c.name: c for c in source.columns if _surer(c, group, claims)}
    group.claims |= {k: t for k, t in claims.items() if t or k not in group.claims}
    group.members.append((case, query))


def _story(case: ContractCase) -> Story:
    return Story(case.name, case.given_events, Expect(), case.document.span(case.given))


def _claims(source: Source, events: Sequence[EventDict]) -> dict[Place, FieldType | None]:
    seen: dict[Place, list[Any]] = {column.path: [] for column in source.columns}
    for event in events:
        for path, value in values_of(event):
            seen.setdefault(path, []).append(value)
    claims = {path: type_of(values) for path, values in seen.items()}
    # What a whole file declares is declared, whatever its events hold.
    typed = {c.path: c.type for c in source.columns if source.time_field}
    return {**claims, **typed}


def _agree(group: _Open, source: Source, claims: dict[Place, FieldType | None]) -> bool:
    for path, kind in claims.items():
        if kind and group.claims.get(path, kind) not in (kind, None):
            return False
    columns = {column.name: column for column in source.columns}
    if any(c.path != columns[n].path for n, c in group.columns.items() if n in columns):
        return False
    return not any(
        _inside(one.path, other.path) or _inside(other.path, one.path)
        for one in columns.values()
        for other in group.columns.values()
    )


def _inside(outer: Place, inner: Place) -> bool:
    """Whether a column is a part of another: engines want such columns to be declared as maps."""
    return len(outer) < len(inner) and inner[: len(outer)] == outer


def _surer(column: Column, group: _Open, claims: dict[Place, FieldType | None]) -> bool:
    """Whether this column's type is known better than the one that the group has."""
    return column.name not in group.columns or bool(claims.get(column.path))


def _closed(group: _Open, number: int) -> CaseGroup:
    keyword = bool(group.kind[0])
    name = f"{NAME}_{number}"
    columns = sorted(group.columns.values(), key=lambda c: (c.name != TIME, c.name))
    if keyword:
        columns.append(Column(VALUES, FieldType.STRINGS, (VALUES,)))
    source = replace(
        group.first,
        name=name,
        table=name,
        topic=name.replace("_", "."),
        columns=tuple(columns),
        values_column=VALUES if keyword else "",
    )
    events, placed = _numbered(group, source)
    if keyword:
        events = [{**event, VALUES: list(scalars(event))} for event in events]
    return CaseGroup(source, tuple(events), tuple(placed))


def _numbered(group: _Open, source: Source) -> tuple[list[EventDict], list[PlacedContractCase]]:
    events: list[EventDict] = []
    placed: list[PlacedContractCase] = []
    for (case, query), shift in zip(group.members, _shifts(group), strict=True):
        own = arrivals(_story(case), [group.first], shift)
        start = 0 if group.shared else len(events)
        positions = {number: start + at for at, (number, _) in enumerate(own)}
        if not (group.shared and placed):
            events += [body for _, body in own]
        ordered = tuple(positions[n] for n in range(len(own)))
        placed.append(PlacedContractCase(case, named(query, source), ordered))
    return events, placed


def _shifts(group: _Open) -> list[int]:
    """When each case begins, in milliseconds: one after the other, windows and lateness apart."""
    if group.shared or not group.stateful:
        return [0] * len(group.members)
    stories = [_story(case) for case, _ in group.members]
    queries = [query for _, query in group.members if isinstance(query, CorrelationQuery)]
    step = step_of(stories, queries, [group.first])
    return [step * number for number in range(len(stories))]


def part_of(group: CaseGroup, placed: Sequence[PlacedContractCase]) -> CaseGroup:
    """Some cases of a group, with their columns and events alone."""
    wanted = {field for each in placed for field in each.query.fields}
    wanted |= {group.source.time_field, group.source.values_column}
    # Engines that fold names rename the second of two that differ by case: they stay together.
    folded = {name.lower() for name in wanted}
    columns = tuple(c for c in group.source.columns if c.name.lower() in folded)
    source = replace(group.source, columns=columns)
    kept = sorted({at for each in placed for at in each.positions})
    moved = {old: new for new, old in enumerate(kept)}
    again = (replace(p, positions=tuple(moved[at] for at in p.positions)) for p in placed)
    return CaseGroup(source, tuple(group.events[at] for at in kept), tuple(again))
