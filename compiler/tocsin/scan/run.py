"""Detections over events on one engine, the evaluator or a real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.backend.base import Backend, Endpoints, WindowBackend
from tocsin.backend.forms import Form
from tocsin.compile import compile_all
from tocsin.diagnostics import Diagnostic
from tocsin.ir.correlate import Outcome
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import CorrelationQuery, Query, Resolved, rebound
from tocsin.ir.stream import (
    WITHOUT_KEY,
    WITHOUT_TIME,
    Arrived,
    Clock,
    Found,
    LeftOut,
    completions,
)
from tocsin.model.artifact import Job, Match, Missed
from tocsin.scan.infer import infer, narrowed
from tocsin.scan.packed import InProcess, PackScan, form_of, scan_in_process, scan_pack
from tocsin.scan.times import guessed_clock

GROUP = 60
"""Detections that share a table."""
Progress = Callable[[Iterable[Any]], Iterable[Any]]
"""Passes events on, and may show how many went through."""


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
    time_field: str = "",
    progress: Progress = iter,
) -> ScanResult:
    """Every detection on every event by the reference evaluator."""
    alerting = [q for q in queries if q.alerts]
    correlations = [q for q in alerting if isinstance(q, CorrelationQuery)]
    plain = [(q.detection.id, predicate(q.matches)) for q in alerting if isinstance(q, Query)]
    bases = {q.detection.id: predicate(q.matches) for c in correlations for q in c.events}
    clock = guessed_clock(time_field)
    found: list[Match] = []
    arrived: dict[str, list[Arrived]] = {rule: [] for rule in bases}
    untimed: dict[str, list[Arrived]] = {rule: [] for rule in bases}
    for number, event in enumerate(progress(events)):
        view = View(event)
        found += [Match(rule, number) for rule, holds in plain if holds(view)]
        matched = [rule for rule, holds in bases.items() if holds(view)]
        time = clock(view) if matched else None
        for rule in matched:
            kept = untimed if time is None else arrived
            kept[rule].append(Arrived(("", number), time or 0, view))
    left_out: dict[str, LeftOut] = {}
    done: dict[str, Outcome] = {}
    for query in correlations:
        own, outcome = query.detection.id, completions(query, arrived, done)
        found += (Match(own, each.event[1], each.group) for each in outcome.completed)
        left_out[own] = _left_out(query, untimed, outcome, clock)
    return ScanResult(tuple(sorted(found)), left_out=left_out)


def _left_out(query: CorrelationQuery, untimed: Found, outcome: Outcome, clock: Clock) -> LeftOut:
    missed = {each.event: each.view for q in query.events for each in untimed[q.detection.id]}
    made = LeftOut()
    for event in sorted(missed):
        made.add(WITHOUT_TIME, missed[event], clock)
    made.counts[WITHOUT_KEY] = len(outcome.without_key)
    return made


def scan_engine(  # noqa: PLR0913 - what to run, where, and two options
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    backend: Backend,
    endpoints: Endpoints,
    *,
    time_field: str = "",
    form: Form | None = None,
) -> ScanResult:
    """Every detection on every event by a backend's real engine, over an inferred source.

    Without a form, detections on events are run in the one that is expected to take less time.
    Engines plan wide tables slowly, so detections of like log sources share a table of their
    fields.
    """
    ordered = sorted((q for q in queries if q.alerts), key=_order)
    correlates = any(isinstance(query, CorrelationQuery) for query in ordered)
    clock = guessed_clock(time_field) if correlates else None
    fields = {name for query in ordered for name in query.fields}
    source, rows = infer(fields, events, clock, keywords=any(map(_has_keywords, ordered)))
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
    if not clock:
        left_out: Mapping[str, LeftOut] = {}
    elif isinstance(backend, WindowBackend):
        found, missed = _correlated(jobs[CorrelationQuery], backend, endpoints)
        made += found
        left_out = _told(missed, events, clock)
    else:
        made += _run(jobs[CorrelationQuery], backend, endpoints)
        correlations = [query for query in ordered if isinstance(query, CorrelationQuery)]
        left_out = scan_evaluator(correlations, events, time_field=time_field).left_out
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


def scan_matcher(
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    match: InProcess,
    *,
    time_field: str = "",
) -> ScanResult:
    """Detections on events by a matcher in this process, correlations by the evaluator."""
    alerting = [query for query in queries if query.alerts]
    packed = scan_in_process([q for q in alerting if isinstance(q, Query)], events, match)
    rest = [query for query in alerting if isinstance(query, CorrelationQuery)]
    other = scan_evaluator(rest, events, time_field=time_field) if rest else ScanResult(())
    matches = tuple(sorted([*packed.matches, *other.matches]))
    return ScanResult(matches, tuple(packed.refused), other.left_out, Form.PACK.value)


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
