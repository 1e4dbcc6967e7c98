"""Detections on events in one pass: as the pack of an inferred source, or of events as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.backend.base import Backend, Endpoints
from tocsin.backend.forms import Form, PackBackend
from tocsin.compile import Refusal, compile_part
from tocsin.diagnostics import Diagnostic, Span
from tocsin.errors import ConfigError
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import Query, rebound
from tocsin.model.artifact import Event, Match
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin.progress import SILENT, Progress
from tocsin.scan.infer import narrowed


@dataclass(frozen=True, slots=True)
class PackScan:
    """Matches of a pack; what was refused, and ids of rules and numbers of events among that."""

    matches: Sequence[Match]
    refused: Sequence[Diagnostic] = ()
    refused_rules: frozenset[str] = frozenset()
    refused_events: frozenset[int] = frozenset()


def form_of(backend: Backend, wanted: Form | None, detections: int, events: int) -> Form:
    """The form that is asked for, or else the cheaper one. Raises ConfigError if there is none."""
    if not isinstance(backend, PackBackend):
        if wanted is Form.PACK:
            raise ConfigError(f"{backend.name} runs no packs", hint="--form sql, or another engine")
        return Form.SQL
    return wanted or backend.form_costs.cheaper(detections, events)


def scan_pack(
    queries: Sequence[Query],
    source: Source,
    rows: Sequence[Event],
    backend: Backend,
    endpoints: Endpoints,
) -> PackScan:
    """All queries on a backend's engine in one pack. Their source is inferred."""
    if not isinstance(backend, PackBackend):
        raise TypeError(f"{backend.name} runs no packs")
    names = {name for query in queries for name in query.fields}
    keywords = any(Keyword.__name__ in query.kinds for query in queries)
    whole = narrowed(source, names, keywords=keywords)
    bound = [query for each in queries if isinstance(query := rebound(each, whole), Query)]
    made = [compile_part(query, backend) for query in bound]
    parts = [each for each in made if isinstance(each, Part)]
    refused = [each.diagnostic for each in made if isinstance(each, Refusal)]
    found = backend.run_pack(whole, parts, rows, endpoints) if parts else []
    return PackScan(found, refused)


@dataclass(frozen=True, slots=True)
class MatcherRun:
    """What a matcher in this process found: matches, and why some events cannot be read."""

    matches: Sequence[Match]
    refused: Mapping[int, str]


InProcess = Callable[[Sequence[Part], Sequence[Event], Progress], MatcherRun]


def scan_in_process(
    queries: Sequence[Query],
    events: Sequence[Event],
    match: InProcess,
    progress: Progress = SILENT,
) -> PackScan:
    """All queries on events as they are, by a matcher in this process."""
    made = [compile_part(query, None) for query in progress.track(queries, "preparing the rules")]
    run = match([each for each in made if isinstance(each, Part)], events, progress)
    no = [each for each in made if isinstance(each, Refusal)]
    refused = [each.diagnostic for each in no]
    refused += [
        Diagnostic("TOC071", f"event {number} is not an event: {reason}", Span())
        for number, reason in run.refused.items()
    ]
    rules = frozenset(each.query.detection.id for each in no)
    return PackScan(run.matches, refused, rules, frozenset(run.refused))
