"""Runs any Sigma rules on any events; no source has to be declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tocsin.app.engines import AUTO, EVALUATOR, MATCHER, matched, started
from tocsin.app.scan_coverage import ScanCoverage
from tocsin.backend import registry
from tocsin.backend.forms import Form
from tocsin.diagnostics import Diagnostic
from tocsin.errors import ConfigError
from tocsin.events.reading import read_events
from tocsin.front.collect import collect_again, no_rules
from tocsin.front.place import project_above
from tocsin.front.project import seen as seen_from
from tocsin.front.relate import relate_inferred
from tocsin.front.routes import routes
from tocsin.front.sources import read_sources
from tocsin.ir.evaluate import View
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.ir.stream import Clock
from tocsin.ir.times import millis_text
from tocsin.model.artifact import Match
from tocsin.model.source import Source
from tocsin.progress import SILENT, Progress
from tocsin.scan.infer import UNBOUND
from tocsin.scan.reach import reach
from tocsin.scan.run import (
    ScanResult,
    scan_engine,
    scan_evaluator,
    scan_fastest,
    scan_matcher,
)
from tocsin.scan.times import scan_clock


@dataclass(frozen=True, slots=True)
class LoadedScan:
    """Rules and events, the problems in their files, and which events each rule is run on.

    `clock` tells the time of the events.
    """

    queries: tuple[Resolved, ...]
    events: list[dict[str, Any]]
    clock: Clock
    wrong: tuple[Diagnostic, ...]
    coverage: ScanCoverage


def load_scan(
    rules: Sequence[Path],
    events: Sequence[Path],
    *,
    flatten: bool = True,
    ignore_logsource: bool = False,
    time_field: str = "",
) -> LoadedScan:
    """Read rules and events, and find out which rules are run on which events."""
    collected = collect_again(rules)
    read = read_events(events, flatten=flatten)
    sources = _sources_of(rules)
    routed = routes(sources)
    related = relate_inferred(collected, UNBOUND, ignore_logsource=ignore_logsource, routes=routed)
    wrong = (*collected.diagnostics, *no_rules(rules), *related.diagnostics, *read.diagnostics)
    reached = reach(related.queries, read.events)
    coverage = ScanCoverage(collected, read, reached, routed, ignore_logsource, time_field)
    clock = scan_clock(sources, routed, time_field)
    return LoadedScan(related.queries, read.events, clock, wrong, coverage)


def run_scan(
    loaded: LoadedScan, engine: str, form: Form | None = None, progress: Progress = SILENT
) -> ScanResult:
    """The matches on an engine, in the given form or the one that should be faster."""
    queries, events, clock = loaded.queries, loaded.events, loaded.clock
    if engine == AUTO:
        return scan_fastest(queries, events, matched, clock=clock, progress=progress)
    if engine == EVALUATOR:
        return scan_evaluator(queries, events, clock=clock, progress=progress)
    if engine == MATCHER:
        return scan_matcher(queries, events, matched, clock=clock, progress=progress)
    with (
        progress.stage(f"running the rules on {engine}"),
        started([engine]) as (backends, endpoints),
    ):
        return scan_engine(queries, events, backends[engine], endpoints, clock=clock, form=form)


def form_of(engine: str, form: str) -> Form | None:
    """The form to run, None to choose. Raises ConfigError if the engine has only one."""
    if form == AUTO:
        return None
    if engine in (AUTO, EVALUATOR, MATCHER):
        able = ", ".join(registry.engines_with_packs())
        raise ConfigError(f"{engine} has one form", hint=f"--form is for {able}")
    return Form(form)


@dataclass(frozen=True, slots=True)
class FoundMatch:
    """A match, its event's location and time, and the group of a correlation by its keys."""

    query: Resolved
    match: Match
    file: str
    line: int
    time: str | None
    group: dict[str, str] | None

    @property
    def as_json(self) -> dict[str, Any]:
        """The rule, the event and its location."""
        told = {"rule": self.match.detection, "event": self.match.event, "file": self.file}
        told |= {"line": self.line, "time": self.time}
        return told if self.group is None else {**told, "group": self.group}


def found_matches(loaded: LoadedScan, matches: Iterable[Match]) -> Iterator[FoundMatch]:
    """Each match with the location and time of its event."""
    by_id = {query.detection.id: query for query in loaded.queries}

    @cache
    def time_of(event: int) -> str | None:
        time = loaded.clock(View(loaded.events[event]))
        return None if time is None else millis_text(time)

    for match in matches:
        query = by_id[match.detection]
        file, line = loaded.coverage.read.place(match.event)
        yield FoundMatch(query, match, file, line, time_of(match.event), _group_of(query, match))


def _group_of(query: Resolved, match: Match) -> dict[str, str] | None:
    if not isinstance(query, CorrelationQuery):
        return None
    names = (ref.name for ref in query.correlation.group_by)
    return dict(zip(names, match.group, strict=True))


def _sources_of(rules: Sequence[Path]) -> list[Source]:
    """The sources of the projects that contain the rules."""
    roots = dict.fromkeys(root for path in rules if (root := project_above(path)) is not None)
    return [
        source for root in roots for source in read_sources(seen_from(root) / "sources")[0].values()
    ]
