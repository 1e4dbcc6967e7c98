"""kafka-filter: a detection as a part of the pack that workers load and match events with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import ClassVar

from tocsin.backend.base import Endpoints, Support, artifact_of
from tocsin.backend.streaming import Fleet, StreamEnvironment
from tocsin.errors import EngineError, Unsupported
from tocsin.ir.correlation import NODE_TYPES, Correlation
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.pack import PART_SUFFIX, Part
from tocsin.pack.tree import TooDeepError
from tocsin_kafka_filter.fleet import WorkerFleet
from tocsin_kafka_filter.run import run_jobs


class KafkaFilter:
    """Every event-level node; correlations never: a worker keeps no state between events."""

    name = "kafka-filter"
    engine = "kafka"
    needs: tuple[str, ...] = ("kafka",)
    packs = True
    in_workers = True
    capabilities: ClassVar[Mapping[str, Support]] = {
        **dict.fromkeys((node.__name__ for node in NODE_TYPES), Support.YES),
        Correlation.__name__: Support.NEVER,
    }

    def compile(self, query: Resolved) -> Artifact:
        """The part of a detection, in canonical JSON."""
        if isinstance(query, CorrelationQuery):
            raise Unsupported(Correlation.__name__, Support.NEVER)
        try:
            body = Part.of(query).encode()
        except TooDeepError as error:
            raise Unsupported(type(query.matches).__name__, "too-deep", str(error)) from None
        return artifact_of(self.name, query, PART_SUFFIX, body)

    def deployed(self, query: Resolved) -> Artifact:
        """The same artifact: a part is all that a worker needs."""
        return self.compile(query)

    def inputs(self, artifact: Artifact) -> Mapping[str, str]:
        """The topic that workers read for it, by source. Raises ValueError if it is damaged."""
        part = Part.decode(artifact.body)
        return {part.source: part.topic}

    def fleet(self, environment: StreamEnvironment) -> Fleet:
        """The workers of an environment."""
        return WorkerFleet(environment)

    def engine_version(self, endpoints: Endpoints) -> str:
        """Of the worker, which is our own."""
        del endpoints
        return version("tocsin")

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        """All jobs in one pass of the real worker over a real broker."""
        if "kafka" not in endpoints.addresses:
            raise EngineError("kafka is not running", hint="`tocsin engines up kafka` starts it")
        return run_jobs(jobs, endpoints.addresses["kafka"])
