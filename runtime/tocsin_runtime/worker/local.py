"""A deployment on this machine: events from files, alerts into a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.backend import registry
from tocsin.backend.base import NoServers
from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact
from tocsin.model.source import Source
from tocsin_matcher import Cost
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.deployment import ReleasedDetections
from tocsin_runtime.stream.loop import Counters, run
from tocsin_runtime.worker.claims import Claim, Claims
from tocsin_runtime.worker.files import FileStream, SinkFile
from tocsin_runtime.worker.filters import FilterLane, parts_of
from tocsin_runtime.worker.lanes import BackendLane, NotRun, build_lanes
from tocsin_runtime.worker.process import Lane, Processor

ALERTS = "alerts.jsonl"
DEAD_LETTERS = "dead-letters.jsonl"
MUTED = "muted.jsonl"
"""Alerts that were not raised as their detections were muted."""


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What a run over files did. `alerts`: new ones by detection.

    `repeated`: matches by detection whose alert another event of the run has, for both have one
    identity.
    `not_run`: with events to see. `costs`: of detections that had to be evaluated, by id.
    """

    counters: Counters
    alerts: Mapping[str, int]
    events_by_source: Mapping[str, int]
    not_run: Sequence[NotRun]
    costs: Mapping[str, Cost]
    repeated: Mapping[str, int]


def run_local(  # noqa: PLR0913 - all that a run over files depends on
    folder: Path,
    deployment: ReleasedDetections,
    claims: Sequence[Claim],
    files: Sequence[Path],
    writer: AlertWriter,
    *,
    forced: str = "",
    stopped: Callable[[], bool] = lambda: False,
) -> LocalRun:
    """Run everything that is deployed in a folder over the events of some files."""
    sources = {claim.source.name: claim.source for claim in claims}
    lanes = build_lanes((d.artifact for d in deployment.detections), sources, open_lane)
    route = Claims(claims, lanes.by_source, forced)
    alerts = SinkFile(folder / ALERTS, "id")
    sinks = {
        Sink.ALERTS: alerts,
        Sink.DEAD: SinkFile(folder / DEAD_LETTERS, "id"),
        Sink.MUTED: SinkFile(folder / MUTED, "id"),
    }
    kept = replace(writer, keeps_muted=True)
    processor = Processor(route, kept, kept.muted)
    counters = run(FileStream(files, sinks), processor, stopped, processor.finish)
    used = [lane for group in lanes.by_source.values() for lane in group]
    costs = {name: cost for lane in used for name, cost in lane.costs.items()}
    return LocalRun(counters, alerts.written, route.seen, lanes.not_run, costs, alerts.repeated)


def open_lane(
    backend: str, sources: Sequence[Source | None], artifacts: Sequence[Artifact]
) -> Lane:
    """Filters run in this process, SQL on an embedded engine; what needs servers does not run."""
    if registry.in_workers(backend):
        return FilterLane(parts_of(artifacts))
    runner = registry.load(backend)
    if runner.needs:
        raise ConfigError(f"{backend} artifacts need a running {' and '.join(runner.needs)}")
    declared = [source for source in sources if source is not None]
    if len(declared) < len(sources):
        raise ConfigError(f"a source of {artifacts[0].key} is no longer declared in the project")
    return BackendLane(declared, artifacts, runner, NoServers())
