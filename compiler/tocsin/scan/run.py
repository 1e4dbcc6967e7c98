"""Detections over events on one engine, the evaluator or a real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.backend.base import Backend, Endpoints
from tocsin.backend.forms import Form
from tocsin.compile import compile_all
from tocsin.diagnostics import Diagnostic
from tocsin.ir.correlate import Outcome
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import CorrelationQuery, Query, Resolved, rebound
from tocsin.ir.stream import WITHOUT_KEY, WITHOUT_TIME, Arrived, Clock, LeftOut, completions
from tocsin.model.artifact import Job, Match
from tocsin.scan.infer import infer, narrowed
from tocsin.scan.packed import InProcess, PackScan, form_of, scan_in_process, scan_pack
from tocsin.scan.times import guessed_clock

GROUP = 60
"""Detections that share a table."""
Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """Matches, sorted; detections that the backend refused; what correlations left out.

    Only detections that raise alerts are in it. `form`: how those on events were run, if that was
    for the engine to choose.
    """

    matches: tuple[Match, ...]
    refused: tuple[Diagnostic, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)
    form: str = ""


def scan_evaluator(
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    *,
    time_field: str = "",
    progress: Progress = iter,
) -> Result:
    """Every detection on every event by the reference evaluator."""
    alerting = [q for q in queries if q.alerts]
    correlations = [q for q in alerting if isinstance(q, CorrelationQuery)]
    plain = [(q.detection.id, predicate(q.matches)) for q in alerting if isinstance(q, Query)]
    bases = {q.detection.id: predicate(q.matches) for c in correlations for q in c.events}
    clock = guessed_clock(time_field)
    found: list[Match] = []
    arrived: dict[str, list[Arrived]] = {rule: [] for rule in bases}
    left_out = LeftOut()
    for number, event in enumerate(progress(events)):
        view = View(event)
        found += [Match(rule, number) for rule, holds in plain if holds(view)]
        matched = [rule for rule, holds in bases.items() if holds(view)]
        time = clock(view) if matched else None
        if time is not None:
            for rule in matched:
                arrived[rule].append(Arrived(("", number), time, view))
        elif matched:
            left_out.add(WITHOUT_TIME, view, clock)
    found += _completed(correlations, arrived, left_out)
    return Result(tuple(sorted(found)), left_out=left_out)


def _completed(
    correlations: Iterable[CorrelationQuery],
    arrived: Mapping[str, Sequence[Arrived]],
    left_out: LeftOut,
) -> Iterator[Match]:
    done: dict[str, Outcome] = {}
    for query in correlations:
        outcome = completions(query, arrived, done)
        left_out.counts[WITHOUT_KEY] += outcome.without_key
        for each in outcome.completed:
            yield Match(query.detection.id, each.event[1], each.group)


def scan_engine(  # noqa: PLR0913 - what to run, where, and two options
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    backend: Backend,
    endpoints: Endpoints,
    *,
    time_field: str = "",
    form: Form | None = None,
) -> Result:
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
    jobs: list[Job] = []
    refused = [*packed.refused]
    for group in _groups(ordered):
        names = {name for query in group for name in query.fields}
        part = narrowed(source, names, keywords=any(map(_has_keywords, group)))
        compiled, no = compile_all([rebound(query, part) for query in group], backend)
        refused += [each.diagnostic for each in no]
        jobs.append(Job((part,), tuple(artifact for _, artifact in compiled), tuple(rows)))
    made = [match for run in backend.run(jobs, endpoints) for match in run] if jobs else []
    found = tuple(sorted([*packed.matches, *made]))
    left_out = _untimed(ordered, events, clock) if clock else LeftOut()
    return Result(found, tuple(refused), left_out, chosen.value)


def _untimed(
    queries: Iterable[Resolved], events: Iterable[dict[str, Any]], clock: Clock
) -> LeftOut:
    """The base matches without time, which an engine leaves out in silence."""
    correlations = [query for query in queries if isinstance(query, CorrelationQuery)]
    bases = {q.detection.id: predicate(q.matches) for c in correlations for q in c.events}
    left_out = LeftOut()
    for event in events:
        view = View(event)
        if clock(view) is None and any(holds(view) for holds in bases.values()):
            left_out.add(WITHOUT_TIME, view, clock)
    return left_out


def scan_matcher(
    queries: Sequence[Resolved],
    events: Sequence[dict[str, Any]],
    match: InProcess,
    *,
    time_field: str = "",
) -> Result:
    """Detections on events by a matcher in this process, correlations by the evaluator."""
    alerting = [query for query in queries if query.alerts]
    packed = scan_in_process([q for q in alerting if isinstance(q, Query)], events, match)
    rest = [query for query in alerting if isinstance(query, CorrelationQuery)]
    other = scan_evaluator(rest, events, time_field=time_field) if rest else Result(())
    matches = tuple(sorted([*packed.matches, *other.matches]))
    return Result(matches, tuple(packed.refused), other.left_out, Form.PACK.value)


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
