"""Where the jobs of one environment run, what they are called, and how they are set up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from tocsin.backend.streaming import StreamEnvironment
from tocsin.errors import ConfigError
from tocsin_flink_sql.deploy.job_specs import JobSpec, Topics
from tocsin_flink_sql.state.storage import Generation, Storage

SHORT = 12
"""Digits of a digest in the name of a job."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a record of what jobs find: it has the event in a text, whose quotes are escaped."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take, in seconds unless the name says otherwise.

    `steady`: a new job is not healthy before it ran so long without failing. `catch_up`: how long
    a new generation may take to read what the old one has read.
    """

    checkpoint_ms: int = 2000
    healthy: float = 60.0
    steady: float = 3.0
    stop: float = 60.0
    catch_up: float = 900.0
    slack_ms: int = 60_000
    discovery: float = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """A stream environment that has all that jobs need."""

    environment: StreamEnvironment
    storage: Storage
    timing: Timing = field(default_factory=Timing)
    snapshots: int = 3

    @classmethod
    def of(cls, environment: StreamEnvironment) -> Self:
        """From an environment's settings. Raises ConfigError where one is missing."""
        given = {
            "gateway": environment.gateway,
            "rest": environment.rest,
            "storage": environment.storage,
        }
        if missing := [key for key, value in given.items() if not value]:
            raise ConfigError(
                f"environment {environment.environment} has no `{missing[0]}`",
                hint="jobs on Flink need `gateway`, `rest` and `storage` in tocsin.toml",
            )
        storage = Storage.of(environment.storage, environment.project, environment.environment)
        return cls(environment, storage, Timing(healthy=environment.healthy_seconds))

    @property
    def topics(self) -> Topics:
        """Where its jobs write."""
        found, refused = (
            f"tocsin.{what}.{self.environment.project}.{self.environment.environment}"
            for what in ("found", "refused")
        )
        return Topics(self.environment.kafka, found, refused)

    @property
    def prefix(self) -> str:
        """What the names of its jobs begin with."""
        return f"tocsin/{self.environment.project}/{self.environment.environment}/"

    def name(self, spec: JobSpec) -> str:
        """Of the job: its pipeline and its version."""
        return f"{self.prefix}{spec.pipeline}@{spec.version[:SHORT]}"

    def pipeline_of(self, name: str) -> tuple[str, str] | None:
        """Pipeline and first digits of the version of a job of ours; None for another's."""
        pattern = rf"{re.escape(self.prefix)}(.+)@([0-9a-f]{{{SHORT}}})"
        found = re.fullmatch(pattern, name)
        return (found[1], found[2]) if found else None

    def group(self, pipeline: str, generation: Generation) -> str:
        """The consumer group that tells how far a pipeline has read; also names its transactions.

        Another generation has others, so that two beside each other never end each other's.
        """
        return f"{self.prefix}{pipeline}@{generation.name}"

    def reading(self, pipeline: str, generation: Generation) -> Mapping[str, str]:
        """The connector's options where a job reads."""
        start = generation.start
        if start in ("", "earliest"):
            begin = {"scan.startup.mode": "earliest-offset"}
        elif start.startswith("partition:"):
            begin = {
                "scan.startup.mode": "specific-offsets",
                "scan.startup.specific-offsets": start,
            }
        else:
            begin = {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": start}
        return {
            **begin,
            "scan.topic-partition-discovery.interval": f"{self.timing.discovery:.0f}s",
            "properties.group.id": self.group(pipeline, generation),
            "properties.isolation.level": "read_committed",
        }

    def writing(self, pipeline: str, generation: Generation, longest_ms: int) -> Mapping[str, str]:
        """The connector's options where a job writes.

        A transaction that is prepared must still be there when its job is started again, so it
        gets all the time that the brokers allow. Its ids are never used twice: of a reused id
        a restored job could not tell whether its transaction is the one that it prepared.
        """
        return {
            "sink.delivery-guarantee": "exactly-once",
            "sink.transaction-naming-strategy": "incrementing",
            "sink.transactional-id-prefix": self.group(pipeline, generation),
            "properties.transaction.timeout.ms": str(longest_ms),
            "properties.max.request.size": str(LARGEST),
        }
