"""Cases of many detections into few jobs: what an engine has to start once serves them all.

Cases of correlations must not see each other. On one stream they are kept apart by time: each
begins whole weeks after the one before, further than any window and lateness reaches back. A case
whose meaning depends on its date (it sets event times itself, or a rule asks for a day, week,
month or year) gets a job of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.cases.events import Numbered, arrivals, tells_time
from tocsin.ir.nodes import TimePart, Unit
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.walk import tests_of
from tocsin.model.artifact import Artifact, Job
from tocsin.model.detection import Case
from tocsin.model.source import Source

WEEK = 7 * 86_400_000
LAST = 3000 * 52 * WEEK
"""Times of a job stay below the year 9999."""
_DATED = {Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR}

CompiledQuery = tuple[Resolved, Artifact]


@dataclass(frozen=True, slots=True)
class PlacedCase:
    """A case whose events stand in a job from `start` on."""

    query: Resolved
    case: Case
    start: int
    events: list[Numbered]


@dataclass(frozen=True, slots=True)
class CaseJob:
    """A job and the cases in it."""

    job: Job
    cases: tuple[PlacedCase, ...]


def plans(compiled: Sequence[CompiledQuery]) -> Iterator[CaseJob]:
    """Jobs for all cases of these detections."""
    groups: dict[tuple[bool, tuple[str, ...]], list[CompiledQuery]] = defaultdict(list)
    for query, artifact in compiled:
        if query.detection.cases:
            names = tuple(source.name for source in query.sources)
            groups[isinstance(query, CorrelationQuery), names].append((query, artifact))
    for (stateful, _), group in groups.items():
        yield from _correlations(group) if stateful else [_plan(group, _cases(group), [])]


def _cases(group: Sequence[CompiledQuery]) -> list[tuple[Resolved, Case]]:
    return [(query, case) for query, _ in group for case in query.detection.cases]


def _plan(
    group: Sequence[CompiledQuery], cases: Sequence[tuple[Resolved, Case]], shifts: Sequence[int]
) -> CaseJob:
    sources = group[0][0].sources
    placed: list[PlacedCase] = []
    at = 0
    for n, (query, case) in enumerate(cases):
        events = arrivals(case, sources, shifts[n] if shifts else 0)
        placed.append(PlacedCase(query, case, at, events))
        at += len(events)
    used = {query.detection.id for query, _ in cases}
    artifacts = tuple(a for query, a in group if query.detection.id in used)
    stream = tuple(event for each in placed for _, event in each.events)
    return CaseJob(Job(sources, artifacts, stream), tuple(placed))


def _correlations(group: Sequence[CompiledQuery]) -> Iterator[CaseJob]:
    sources = group[0][0].sources
    queries = {q.detection.id: q for q, _ in group if isinstance(q, CorrelationQuery)}
    dated = {name for name, query in queries.items() if _is_dated(query)}
    together: list[tuple[Resolved, Case]] = []
    for query, case in _cases(group):
        if query.detection.id in dated or any(tells_time(e, sources) for e in case.events):
            yield _plan(group, [(query, case)], [])
        else:
            together.append((query, case))
    if together:
        step = step_of([case for _, case in together], list(queries.values()), sources)
        many = LAST // step
        for at in range(0, len(together), many):
            some = together[at : at + many]
            yield _plan(group, some, [step * n for n in range(len(some))])


def step_of(
    cases: Iterable[Case], queries: Iterable[CorrelationQuery], sources: Iterable[Source]
) -> int:
    """How far apart cases must begin on one stream, in whole weeks: as milliseconds."""
    times = [0, *(event.at for case in cases for event in case.events)]
    late = max(source.lateness_ms or 0 for source in sources)
    reach = max(map(reach_of, queries)) + late + max(times) - min(times)
    return (reach // WEEK + 2) * WEEK


def reach_of(query: CorrelationQuery) -> int:
    """How far back the windows reach, chains included, in milliseconds."""
    below = [reach_of(base) for base in query.bases if isinstance(base, CorrelationQuery)]
    return query.correlation.timespan_ms + max(below, default=0)


def _is_dated(query: CorrelationQuery) -> bool:
    return any(_has_date(each) for each in query.events)


def _has_date(query: Query) -> bool:
    return any(isinstance(t, TimePart) and t.unit in _DATED for t in tests_of(query.matches))
