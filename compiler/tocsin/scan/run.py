"""Detections over events on one engine, the evaluator or a real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.backend.base import Backend, Endpoints, WindowBackend
from tocsin.backend.forms import Form
from tocsin.compile import compile_all
from tocsin.diagnostics import Diagnostic
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import CorrelationQuery, Query, Resolved, rebound
from tocsin.ir.stream import (
    WITHOUT_TIME,
    Clock,
    LeftOut,
)
from tocsin.model.artifact import Job, Match, Missed
from tocsin.progress import SILENT, Progress
from tocsin.scan.correlating import HitsByRule, correlate
from tocsin.scan.infer import infer, narrowed
from tocsin.scan.packed import (
    InProcess,
    PackScan,
    form_of,
    scan_in_process,
    scan_pack,
)
from tocsin.scan.times import GUESSED

LITTLE = 20_000
"""Rules times events for which a matcher takes longer to be made than it saves."""
GROUP = 60
"""Detections that share a table."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Matches, sorted; detections that the backend refused; what correlations, by id, left out.

    Only detections that raise alerts are in it. `form`: how those on events were run, if that was
    for the engine to choose.
    """

    matches: tuple[Match, ...]
    refused: tuple[Diagnostic, ...] = ()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    form: str = ""


def scan_evaluator(
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    *,
    clock: Clock = GUESSED,
    progress: Progress = SILENT,
) -> ScanResult:
    """Every detection on every event by the reference evaluator."""
    asked = {query.detection.id: predicate(query.matches) for query in _on_events(queries)}
    hits: dict[str, list[int]] = {rule: [] for rule in asked}
    for number, event in enumerate(progress.track(events, "running the rules")):
        view = View(event)
        for rule, holds in asked.items():
            if holds(view):
                hits[rule].append(number)
    return _of_hits(queries, hits, events, clock, progress)


def scan_matcher(
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    match: InProcess,
    *,
    clock: Clock = GUESSED,
    progress: Progress = SILENT,
) -> ScanResult:
    """Every detection on every event by a matcher in this process, which may refuse some."""
    packed = scan_in_process(list(_on_events(queries)), events, match, progress)
    result = _of_hits(queries, _hits(queries, packed.matches), events, clock, progress)
    return replace(result, refused=tuple(packed.refused), form=Form.PACK.value)


def scan_fastest(
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    match: InProcess,
    *,
    clock: Clock = GUESSED,
    progress: Progress = SILENT,
) -> ScanResult:
    """What the evaluator gives, by a matcher in this process where that takes less time.

    What the matcher refuses, the evaluator does.
    """
    asked = list(_on_events(queries))
    if len(asked) * len(events) < LITTLE:
        return scan_evaluator(queries, events, clock=clock, progress=progress)
    packed = scan_in_process(asked, events, match, progress)
    found = set(packed.matches)
    if packed.refused_rules or packed.refused_events:
        with progress.stage("running what the matcher refused"):
            found.update(_evaluated(asked, packed, events))
    hits = _hits(queries, sorted(found, key=lambda match: match.event))
    return _of_hits(queries, hits, events, clock, progress)


def _evaluated(
    asked: Sequence[Query], packed: PackScan, events: Sequence[dict[str, Any]]
) -> Iterator[Match]:
    """Matches of rules that a matcher refused, and on events that it did."""
    for query in asked:
        own, holds = query.detection.id, predicate(query.matches)
        every = own in packed.refused_rules
        for number in range(len(events)) if every else sorted(packed.refused_events):
            if holds(View(events[number])):
                yield Match(own, number)


def _on_events(queries: Iterable[Resolved]) -> Iterator[Query]:
    """The queries on single events that a scan asks: those that alert, and bases, each once."""
    every = (each for query in queries if query.alerts for each in query.events)
    yield from {query.detection.id: query for query in every}.values()


def _hits(queries: Sequence[Resolved], matches: Iterable[Match]) -> HitsByRule:
    hits: dict[str, list[int]] = {query.detection.id: [] for query in _on_events(queries)}
    for match in matches:
        hits[match.detection].append(match.event)
    return hits


def _of_hits(
    queries: Sequence[Resolved],
    hits: HitsByRule,
    events: Sequence[dict[str, Any]],
    clock: Clock,
    progress: Progress,
) -> ScanResult:
    """The matches of all that alerts, given those on single events."""
    alerting = [query for query in queries if query.alerts]
    plain = [query.detection.id for query in alerting if isinstance(query, Query)]
    rest = [query for query in alerting if isinstance(query, CorrelationQuery)]
    bases = {q.detection.id: hits[q.detection.id] for query in rest for q in query.events}
    with progress.stage("looking at correlations"):
        correlated = correlate(rest, bases, events, clock)
    found = [*(Match(rule, n) for rule in plain for n in hits[rule]), *correlated.matches]
    return ScanResult(tuple(sorted(found, key=_order_of)), left_out=correlated.left_out)


def _order_of(match: Match) -> tuple[str, int, tuple[str, ...]]:
    """As matches are ordered by themselves, but quick where there are many."""
    return match.detection, match.event, match.group


def scan_engine(  # noqa: PLR0913 - what to run, where, and two options
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    backend: Backend,
    endpoints: Endpoints,
    *,
    clock: Clock = GUESSED,
    form: Form | None = None,
) -> ScanResult:
    """Every detection on every event by a backend's real engine, over an inferred source.

    Without a form, detections on events are run in the one that is expected to take less time.
    Engines plan wide tables slowly, so detections of like log sources share a table of their
    fields.
    """
    ordered = sorted((q for q in queries if q.alerts), key=_order)
    correlates = any(isinstance(query, CorrelationQuery) for query in ordered)
    timed = clock if correlates else None
    fields = {name for query in ordered for name in query.fields}
    source, rows = infer(fields, events, timed, keywords=any(map(_has_keywords, ordered)))
    plain = [query for query in ordered if isinstance(query, Query)]
    chosen = form_of(backend, form, len(plain), len(events))
    packed = PackScan(())
    if chosen is Form.PACK:
        packed = scan_pack(plain, source, rows, backend, endpoints)
        ordered = [query for query in ordered if isinstance(query, CorrelationQuery)]
    jobs: dict[type, list[Job]] = {Query: [], CorrelationQuery: []}
    refused = [*packed.refused]
    for group in _groups(ordered):
        names = {name for query in group for name in query.fields}
        part = narrowed(source, names, keywords=any(map(_has_keywords, group)))
        compiled, no = compile_all([rebound(query, part) for query in group], backend)
        refused += [each.diagnostic for each in no]
        job = Job((part,), tuple(artifact for _, artifact in compiled), tuple(rows))
        jobs[type(group[0])].append(job)
    made = [*packed.matches, *_run(jobs[Query], backend, endpoints)]
    if not timed:
        left_out: Mapping[str, LeftOut] = {}
    elif isinstance(backend, WindowBackend):
        found, missed = _correlated(jobs[CorrelationQuery], backend, endpoints)
        made += found
        left_out = _told(missed, events, timed)
    else:
        made += _run(jobs[CorrelationQuery], backend, endpoints)
        correlations = [query for query in ordered if isinstance(query, CorrelationQuery)]
        left_out = scan_evaluator(correlations, events, clock=clock).left_out
    return ScanResult(tuple(sorted(made)), tuple(refused), left_out, chosen.value)


def _run(jobs: Sequence[Job], backend: Backend, endpoints: Endpoints) -> Iterator[Match]:
    for found in backend.run(jobs, endpoints) if jobs else ():
        yield from found


def _correlated(
    jobs: Iterable[Job], backend: WindowBackend, endpoints: Endpoints
) -> tuple[list[Match], list[Missed]]:
    """The matches of correlations, and what they left out."""
    matches: list[Match] = []
    missed: list[Missed] = []
    for job in jobs:
        with backend.loaded(job, endpoints) as loaded:
            matches += loaded.matches()
            missed += loaded.left_out()
    return matches, missed


def _told(
    missed: Iterable[Missed], events: Sequence[dict[str, Any]], clock: Clock
) -> dict[str, LeftOut]:
    """By correlation; the first event without time is shown."""
    found: dict[str, LeftOut] = defaultdict(LeftOut)
    for each in missed:
        left_out = found[each.detection]
        left_out.counts[each.reason] = each.events
        if each.reason == WITHOUT_TIME:
            left_out.untimed = clock.seen(View(events[each.first]))
    return found


def _order(query: Resolved) -> tuple[str, str]:
    return str(query.events[0].detection.logsource), query.detection.id


def _groups(queries: Sequence[Resolved]) -> Iterator[Sequence[Resolved]]:
    """Detections by kind, a table's worth at a time."""
    kinds: dict[type, list[Resolved]] = defaultdict(list)
    for query in queries:
        kinds[type(query)].append(query)
    for same in kinds.values():
        yield from (same[at : at + GROUP] for at in range(0, len(same), GROUP))


def _has_keywords(query: Resolved) -> bool:
    return Keyword.__name__ in query.kinds
