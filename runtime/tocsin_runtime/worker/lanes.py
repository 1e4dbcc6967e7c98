"""From a deployment to lanes: which detections run here, and why others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.backend.base import Backend, Endpoints
from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.matcher import Filter
from tocsin_runtime.worker.process import Lane

FILTERS = "kafka-filter"
"""Backend whose artifacts are filters."""


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
    """Artifacts that a backend runs on batches of events."""

    def __init__(
        self, source: Source, artifacts: Sequence[Artifact], backend: Backend, endpoints: Endpoints
    ) -> None:
        paths = tuple(sorted(source.renamed.items()))
        self.bindings = {
            a.detection: Binding(
                a.detection, a.logic, source.name, source.time_field, source.id_field, paths
            )
            for a in artifacts
        }
        self._source = source
        self._artifacts = tuple(artifacts)
        self._backend = backend
        self._endpoints = endpoints

    def match(self, events: Sequence[dict[str, Any]]) -> Iterable[Match]:
        """All artifacts on all events, in one run."""
        job = Job((self._source,), self._artifacts, tuple(events))
        return self._backend.run([job], self._endpoints)[0]


Open = Callable[[str, Source | None, Sequence[Artifact]], Lane]
"""Makes a lane of a source's artifacts for one backend. Raises ConfigError if it cannot run."""


def build_lanes(
    artifacts: Iterable[Artifact], sources: Mapping[str, Source], open_lane: Open
) -> Lanes:
    """One lane a source and backend."""
    groups: dict[tuple[str, str], list[Artifact]] = defaultdict(list)
    for artifact in artifacts:
        groups[artifact.source, artifact.backend].append(artifact)
    lanes: dict[str, list[Lane]] = defaultdict(list)
    refused: list[NotRun] = []
    for (source, backend), group in sorted(groups.items()):
        try:
            lanes[source].append(open_lane(backend, sources.get(source), group))
        except ConfigError as error:
            names = tuple(a.key for a in group)
            refused.append(NotRun(source, backend, names, error.message))
    return Lanes(dict(lanes), refused)


def filters_of(artifacts: Iterable[Artifact]) -> list[Filter]:
    """The filters in artifacts. Raises ConfigError for damaged ones."""
    found: list[Filter] = []
    for artifact in artifacts:
        try:
            found.append(Filter.decode(artifact.body))
        except ValueError as error:
            raise ConfigError(f"artifact {artifact.path} cannot be read: {error}") from error
    return found
