"""From a deployment to lanes: which detections run here, and why others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.backend.base import Backend, Endpoints, Loaded, WindowBackend
from tocsin.errors import ConfigError
from tocsin.ir.evidence import Judged, grounds
from tocsin.ir.figures import EventRef
from tocsin.ir.identity import event_id
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source
from tocsin_matcher import Cost, Matched
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.worker.process import Lane, Taken


@dataclass(frozen=True, slots=True)
class NotRun:
    """Detections of one source that cannot run here."""

    source: str
    backend: str
    detections: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Lanes:
    """What runs, by source, and what does not."""

    by_source: Mapping[str, Sequence[Lane]]
    not_run: Sequence[NotRun]


class BackendLane:
    """Artifacts that a backend runs on batches of events; correlations, on all events at once.

    The route that leads here has decoded the events. Raises ConfigError for correlations on a
    backend that does not tell the events of their windows.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        artifacts: Sequence[Artifact],
        backend: Backend,
        endpoints: Endpoints,
    ) -> None:
        self.bindings = {a.detection: _binding(a, sources) for a in artifacts}
        self.whole = any(artifact.stateful for artifact in artifacts)
        self.costs: Mapping[str, Cost] = {}
        self._sources = tuple(sources)
        self._artifacts = tuple(artifacts)
        self._backend = backend
        self._endpoints = endpoints
        if self.whole and not isinstance(backend, WindowBackend):
            raise ConfigError(
                f"{backend.name} does not report the events of a correlation's window"
            )

    def match(self, taken: Sequence[Taken]) -> Matched:
        """All artifacts on all events, in one run."""
        job = Job(self._sources, self._artifacts, tuple(each.event() for each in taken))
        if isinstance(self._backend, WindowBackend) and self.whole:
            with self._backend.loaded(job, self._endpoints) as events:
                return _correlated(job, events)
        return Matched(self._backend.run([job], self._endpoints)[0])


def _correlated(job: Job, loaded: Loaded) -> Matched:
    """The matches of correlations, each with the events that it rests on, and what is left out."""
    sources = {source.name: source for source in job.sources}
    judged: dict[str, list[Judged]] = defaultdict(list)
    known: dict[EventRef, str] = {}
    for row in loaded.judged():
        source, place = sources[row.source], (row.source, row.event)
        if place not in known:
            known[place] = event_id(job.events[row.event], source.id_fields, source.renamed)
        each = Judged(row.group, row.time, known[place], place, row.start)
        judged[row.detection].append(each)
    done = Matched(left_out=loaded.left_out())
    for detection, events in sorted(judged.items()):
        for found in grounds(events):
            last = found.members[-1]
            done.matches.append(Match(detection, last.event[1], last.group))
            done.grounds.append(found)
    return done


def _binding(artifact: Artifact, sources: Sequence[Source]) -> Binding:
    """Time and identity of an event are known where there is one source."""
    alone = sources[0] if len(sources) == 1 else Source(artifact.source, ())
    return Binding(
        artifact.detection,
        artifact.logic,
        artifact.source,
        alone.time_field,
        alone.time_unit,
        alone.id_fields,
        tuple(sorted(alone.renamed.items())),
        artifact.group_by,
    )


Open = Callable[[str, Sequence[Source | None], Sequence[Artifact]], Lane]
"""Makes a lane of artifacts for one backend. Raises ConfigError if it cannot run."""


def build_lanes(
    artifacts: Iterable[Artifact], sources: Mapping[str, Source], open_lane: Open
) -> Lanes:
    """One lane a source and backend, and one for the correlations of the same sources."""
    groups: dict[tuple[str, tuple[str, ...], str], list[Artifact]] = defaultdict(list)
    for artifact in artifacts:
        groups[artifact.source, artifact.sources, artifact.backend].append(artifact)
    lanes: dict[str, list[Lane]] = defaultdict(list)
    refused: list[NotRun] = []
    for (source, several, backend), group in sorted(groups.items()):
        names = several or (source,)
        try:
            lane = open_lane(backend, [sources.get(name) for name in names], group)
        except ConfigError as error:
            refused.append(NotRun(source, backend, tuple(a.key for a in group), error.message))
        else:
            for name in names:
                lanes[name].append(lane)
    return Lanes(dict(lanes), refused)
