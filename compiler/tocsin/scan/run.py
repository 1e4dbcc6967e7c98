"""Rules over events on one engine, the evaluator or a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tocsin.backend.base import Backend, Endpoints
from tocsin.compile import compile_all
from tocsin.diagnostics import Diagnostic
from tocsin.front.resolve import resolve_inferred
from tocsin.front.rule import Rule
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import Query
from tocsin.ir.walk import nodes_of
from tocsin.model.artifact import Job, Match
from tocsin.model.source import Source
from tocsin.scan.infer import infer

_UNBOUND = Source("events", ())
GROUP = 60
"""Rules that share a table."""
Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """Matches, sorted, and the detections that the engine's backend refused."""

    matches: tuple[Match, ...]
    refused: tuple[Diagnostic, ...] = ()


def scan_evaluator(
    rules: Sequence[Rule],
    events: Sequence[dict[str, Any]],
    *,
    ignore_logsource: bool,
    progress: Progress = iter,
) -> Result:
    """Every rule on every event by the reference evaluator."""
    queries = [resolve_inferred(r, _UNBOUND, ignore_logsource=ignore_logsource) for r in rules]
    conditions = [(q.detection.id, predicate(q.matches)) for q in queries]
    found: list[Match] = []
    for number, event in enumerate(progress(events)):
        view = View(event)
        for rule, holds in conditions:
            if holds(view):
                found.append(Match(rule, number))
    return Result(tuple(sorted(found)))


def scan_engine(
    rules: Sequence[Rule],
    events: Sequence[dict[str, Any]],
    backend: Backend,
    endpoints: Endpoints,
    *,
    ignore_logsource: bool,
) -> Result:
    """Every rule on every event by a backend's real engine, over an inferred source.

    Engines plan wide tables slowly, so rules of like log sources share a table of their fields.
    """
    ordered = sorted(rules, key=lambda rule: (str(rule.detection.logsource), rule.detection.id))
    unbound = [resolve_inferred(r, _UNBOUND, ignore_logsource=ignore_logsource) for r in ordered]
    fields = {field for query in unbound for field in query.fields}
    source, rows = infer(fields, events, keywords=any(map(_has_keywords, unbound)))
    jobs: list[Job] = []
    refused: list[Diagnostic] = []
    for start in range(0, len(unbound), GROUP):
        group = unbound[start : start + GROUP]
        part = _narrowed(source, group)
        compiled, no = compile_all([replace(query, source=part) for query in group], backend)
        refused += [each.diagnostic for each in no]
        jobs.append(Job((part,), tuple(artifact for _, artifact in compiled), tuple(rows)))
    matches = [match for found in backend.run(jobs, endpoints) for match in found]
    return Result(tuple(sorted(matches)), tuple(refused))


def _has_keywords(query: Query) -> bool:
    return any(isinstance(node, Keyword) for node in nodes_of(query.matches))


def _narrowed(source: Source, queries: Sequence[Query]) -> Source:
    """The source with only the columns that these queries look at."""
    names = {field for query in queries for field in query.fields}
    values = source.values_column if any(map(_has_keywords, queries)) else ""
    columns = tuple(c for c in source.columns if c.name in names or c.name == values)
    return replace(source, columns=columns, values_column=values)
