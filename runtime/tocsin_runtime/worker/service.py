"""A worker on Kafka that follows its deployment: a new release takes effect between two batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact
from tocsin.pack import Part
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.matcher import Cost
from tocsin_runtime.worker.deployment import Deployment, read_deployment
from tocsin_runtime.worker.filters import FILTERS, FilterLane, parts_of
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.loop import Batch
from tocsin_runtime.worker.process import Processor, Taken
from tocsin_runtime.worker.stream import Output, Record

WriterOf = Callable[[Deployment], AlertWriter]
Say = Callable[[str], None]


class Service:
    """Processor and stream in one: before each poll it looks whether the release changed.

    `lanes`: what is run, by topic.
    """

    def __init__(self, folder: Path, environment: str, writer_of: WriterOf, say: Say) -> None:
        self._folder = folder
        self._environment = environment
        self._writer_of = writer_of
        self._say = say
        self._stamp = stamp(folder)
        self._stream: KafkaStream | None = None
        self.lanes: Mapping[str, FilterLane] = {}
        self._take(read_deployment(folder, environment))

    def start(self, stream: KafkaStream) -> None:
        """Read from this stream, which subscribes to `topics`."""
        self._stream = stream

    def __call__(self, records: Sequence[Record]) -> Batch:
        """Process a batch with the release at hand."""
        return self._processor(records)

    def poll(self) -> Sequence[Record] | None:
        """Follow the deployment, then poll."""
        self._follow()
        return self._inner.poll()

    def commit(self, outputs: Iterable[Output]) -> bool:
        """Commit to the stream."""
        return self._inner.commit(outputs)

    def close(self) -> None:
        """Close the stream."""
        self._inner.close()

    @property
    def _inner(self) -> KafkaStream:
        if self._stream is None:
            raise RuntimeError("start the service first")
        return self._stream

    def _follow(self) -> None:
        now = stamp(self._folder)
        if now == self._stamp:
            return
        before = self.topics
        try:
            self._take(read_deployment(self._folder, self._environment))
        except ConfigError:
            # Half of an apply: what runs goes on, and the next poll looks again.
            return
        self._stamp = now
        if self.topics != before:
            self._inner.subscribe(self.topics)
        self._say(f"now at release {self.deployment.release}")

    def _take(self, deployment: Deployment) -> None:
        by_topic: dict[str, list[Part]] = defaultdict(list)
        for part in parts_of(_filters(deployment, self._say)):
            by_topic[part.topic].append(part)
        self.lanes = {topic: self._lane(topic, parts) for topic, parts in by_topic.items()}
        self._processor = Processor(self._route, self._writer_of(deployment))
        self.deployment = deployment
        self.topics = tuple(sorted(by_topic))

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What the detections of this release cost so far, by id."""
        return {name: cost for lane in self.lanes.values() for name, cost in lane.costs.items()}

    def _route(self, taken: Taken) -> Sequence[FilterLane]:
        lane = self.lanes.get(taken.record.topic)
        return (lane,) if lane else ()

    def _lane(self, topic: str, parts: Sequence[Part]) -> FilterLane:
        """Where nothing changed, the lane at hand with what it has learned."""
        before = self.lanes.get(topic)
        return before if before and before.parts == tuple(parts) else FilterLane(parts)


def stamp(folder: Path) -> tuple[int, int]:
    """What changes when `live.json` is replaced."""
    try:
        status = (folder / "live.json").stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_ino)


def _filters(deployment: Deployment, say: Say) -> Iterable[Artifact]:
    for each in deployment.detections:
        if each.artifact.backend == FILTERS:
            yield each.artifact
        else:
            say(f"not run here: {each.artifact.key} is deployed as {each.artifact.backend}")
