"""kafka-filter: a detection as a filter that workers load and evaluate event by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from tocsin.backend.base import Endpoints, Support
from tocsin.errors import EngineError, Unsupported
from tocsin.ir.nodes import NODE_TYPES, Correlation
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact, Job, Match
from tocsin_kafka_filter.trial import trial
from tocsin_runtime.matcher import Filter


class KafkaFilter:
    """Every event-level node; correlations never: a worker keeps no state between events."""

    name = "kafka-filter"
    engine = "kafka"
    needs: tuple[str, ...] = ("kafka",)
    capabilities: ClassVar[Mapping[str, Support]] = {
        **dict.fromkeys((node.__name__ for node in NODE_TYPES), Support.YES),
        Correlation.__name__: Support.NEVER,
    }

    def compile(self, query: Query) -> Artifact:
        """The filter of a detection, in canonical JSON."""
        try:
            body = Filter.of(query).encode()
        except ValueError as error:
            raise Unsupported(type(query.matches).__name__, "too-deep", str(error)) from None
        detection = query.detection
        return Artifact(
            detection=detection.id,
            key=detection.key,
            backend=self.name,
            source=query.source.name,
            logic=query.logic,
            suffix="json",
            body=body,
        )

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        """All jobs in one pass of the real worker over a real broker."""
        if endpoints.kafka is None:
            raise EngineError("kafka is not running", hint="`tocsin engines up kafka` starts it")
        return trial(jobs, endpoints.kafka)
