"""One version of what a worker runs: the detections of a release, ready to take records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.backend.registry import in_workers
from tocsin.errors import ConfigError
from tocsin.pack import Part
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Record
from tocsin_runtime.stream.deployment import ReleasedDetections
from tocsin_runtime.stream.loop import Batch, Counters
from tocsin_runtime.worker.filters import FilterLane, parts_of
from tocsin_runtime.worker.process import Processor, Taken

WriterOf = Callable[[ReleasedDetections], AlertWriter]
LanesById = Mapping[str, FilterLane]


@dataclass(frozen=True, slots=True)
class Version:
    """`lanes`: the filters by topic. Everything else that is deployed runs elsewhere."""

    deployment: ReleasedDetections
    writer: AlertWriter
    lanes: LanesById = field(default_factory=dict)

    @classmethod
    def of(
        cls, deployment: ReleasedDetections, writer_of: WriterOf, before: Iterable[Version]
    ) -> Version:
        """Where nothing changed, the lanes of versions before, with what they have learned.

        Raises ConfigError for detections that cannot be loaded.
        """
        by_topic: dict[str, list[Part]] = defaultdict(list)
        filters = [d.artifact for d in deployment.detections if in_workers(d.artifact.backend)]
        for part in parts_of(filters):
            by_topic[part.topic].append(part)
        known = [lane for version in before for lane in version.lanes.values()]
        lanes = {topic: _lane(topic, tuple(parts), known) for topic, parts in by_topic.items()}
        return cls(deployment, writer_of(deployment), lanes)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that it has filters for, sorted."""
        return tuple(sorted(self.lanes))

    @property
    def elsewhere(self) -> bool:
        """Whether jobs elsewhere find matches for it."""
        return any(not in_workers(d.artifact.backend) for d in self.deployment.detections)

    def __call__(self, records: Sequence[Record]) -> Batch:
        """The results of a batch."""
        return Processor(self._route, self.writer, self.writer.muted)(records)

    def _route(self, taken: Taken) -> Sequence[FilterLane]:
        lane = self.lanes.get(taken.record.topic)
        return (lane,) if lane else ()


def _lane(topic: str, parts: tuple[Part, ...], known: Iterable[FilterLane]) -> FilterLane:
    for lane in known:
        if lane.parts == parts:
            return lane
    try:
        return FilterLane(parts)
    except Exception as error:
        raise ConfigError(
            f"the detections of topic {topic} cannot be loaded: {type(error).__name__} {error}"
        ) from error


def joined(batches: Sequence[Batch]) -> Batch:
    """Several batches as one, in this order."""
    counters = Counters()
    for batch in batches:
        counters.add(batch.counters)
    return Batch((output for batch in batches for output in batch.outputs), counters)
