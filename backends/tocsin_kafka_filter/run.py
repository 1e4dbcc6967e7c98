"""Run jobs through the real worker on a real broker: one topic a job, read back committed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from uuid import uuid4

from tocsin.errors import EngineError
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.pack import Part
from tocsin_kafka.consumer import BEGINNING, PartitionReader
from tocsin_kafka.member import KafkaSettings
from tocsin_kafka.producer import IdempotentWriter
from tocsin_kafka.settings import ERRORS_TO_STDERR
from tocsin_kafka.topics import temporary
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.loop import run
from tocsin_runtime.worker.filters import FilterLane
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.process import Processor, Route, Taken


def run_jobs(jobs: Sequence[Job], servers: str) -> list[list[Match]]:
    """The matches of each job, sorted."""
    prefix = f"tocsin-run-{uuid4().hex}"
    names = [f"{prefix}-{number}" for number in range(len(jobs))]
    lanes = {
        name: [FilterLane([read(a) for a in job.artifacts])]
        for name, job in zip(names, jobs, strict=True)
    }
    sinks = {sink: f"{prefix}-{sink}" for sink in (Sink.MATCHES, Sink.DEAD)}
    found: dict[str, set[Match]] = {name: set() for name in names}
    with temporary(servers, [*names, *sinks.values()]):
        _produce(servers, zip(names, jobs, strict=True))
        settings = KafkaSettings(servers, prefix, tuple(names), prefix, until_end=True)
        run(KafkaStream(settings, sinks), Processor(_strictly(lanes)))
        for letter in _read(servers, sinks[Sink.DEAD]):
            raise EngineError(f"the worker refused an event: {json.loads(letter)['reason']}")
        for value in _read(servers, sinks[Sink.MATCHES]):
            record = json.loads(value)
            match = Match(record["detection"], record["offset"])
            if match in found[record["topic"]]:
                raise EngineError(f"the worker wrote a match twice: {match}")
            found[record["topic"]].add(match)
    return [sorted(found[name]) for name in names]


def read(artifact: Artifact) -> Part:
    """The part in an artifact. Raises EngineError if its bytes are damaged."""
    try:
        return Part.decode(artifact.body)
    except ValueError as error:
        raise EngineError(f"artifact {artifact.path} cannot be read: {error}") from error


def _strictly(lanes: Mapping[str, Sequence[FilterLane]]) -> Route:
    """By topic. What is no event is refused here, also where no detection looks at it closely."""

    def route(taken: Taken) -> Sequence[FilterLane]:
        taken.event()
        return lanes[taken.record.topic]

    return route


def _produce(servers: str, jobs: Iterable[tuple[str, Job]]) -> None:
    # Idempotent: a retry neither doubles nor reorders, so that an offset is an event's number.
    writer = IdempotentWriter(servers, ERRORS_TO_STDERR)
    for name, job in jobs:
        for number, event in enumerate(job.events):
            try:
                value = json.dumps(event, allow_nan=False).encode()
            except (TypeError, ValueError) as error:
                raise EngineError(f"event {number} cannot be written as JSON: {error}") from None
            writer.send(name, value, partition=0)
    if not writer.flush():
        raise EngineError("Kafka did not accept all events in time")


def _read(servers: str, topic: str) -> Iterator[bytes]:
    """All committed records of a topic with one partition."""
    with closing(PartitionReader(servers, topic, ERRORS_TO_STDERR)) as reader:
        reader.assign({(topic, 0): BEGINNING})
        for read in reader.to_end():
            yield read.value or b""
