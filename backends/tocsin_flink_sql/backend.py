"""The streaming backend: portable SQL, run by Flink over Kafka topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.backend.base import Endpoints, Support, artifact_of
from tocsin.backend.streaming import Fleet, StreamEnvironment
from tocsin.errors import Unsupported
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source
from tocsin.pack import PART_SUFFIX, Part
from tocsin.pack.tree import TooDeepError
from tocsin_flink_sql.bounded.run import run_jobs
from tocsin_flink_sql.bounded.servers import servers_of
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.deploy.fleet import FlinkFleet
from tocsin_flink_sql.matcher.jar import functions_jar
from tocsin_flink_sql.matcher.java_regex import regexes
from tocsin_flink_sql.sql.correlation import correlated
from tocsin_flink_sql.sql.detection import statement
from tocsin_flink_sql.sql.functions import FUNCTIONS, PORTABLE, definitions
from tocsin_flink_sql.sql.tables import (
    MATCHES_TOPIC,
    TopicLocation,
    matches_table,
    source_table,
    view,
)
from tocsin_flink_sql.state.artifact import CorrelationArtifact, inputs_of


class FlinkSql:
    """Backend `flink-sql` on the engine `flink`, with Kafka on both sides."""

    name = "flink-sql"
    engine = "flink"
    needs: tuple[str, ...] = ("kafka", "flink")
    packs = True
    in_workers = False
    capabilities: Mapping[str, Support] = {node.__name__: Support.YES for node in NODE_TYPES}

    def compile(self, query: Resolved) -> Artifact:
        """One INSERT. Raises Unsupported for what Flink cannot say exactly."""
        text = correlated(query) if isinstance(query, CorrelationQuery) else statement(query)
        return artifact_of(self.name, query, "sql", (text + "\n").encode())

    def deployed(self, query: Resolved) -> Artifact:
        """What stream environments deploy: a part of a pack, or a correlation with its tables.

        Raises Unsupported for what Flink, or Java in it, cannot say exactly.
        """
        if isinstance(query, CorrelationQuery):
            return artifact_of(self.name, query, "json", CorrelationArtifact.of(query).encode())
        try:
            part = Part.of(query)
        except TooDeepError as error:
            raise Unsupported(type(query.matches).__name__, "too-deep", str(error)) from None
        regexes([part])
        return artifact_of(self.name, query, PART_SUFFIX, part.encode())

    def engine_version(self, endpoints: Endpoints) -> str:
        """Of the cluster. Raises EngineError where none is running."""
        with ClusterRest(servers_of(endpoints).rest) as rest:
            return rest.version()

    def inputs(self, artifact: Artifact) -> Mapping[str, str]:
        """The topics that a job reads for it, by source. Raises ValueError for damage."""
        if artifact.stateful:
            return inputs_of(artifact.body)
        part = Part.decode(artifact.body)
        return {part.source: part.topic}

    def fleet(self, environment: StreamEnvironment) -> Fleet:
        """Its jobs in a stream environment. Raises ConfigError where a setting is missing."""
        return FlinkFleet.at(environment)

    def tables(self, source: Source) -> str:
        """The definitions that the source's statements need, over topics on localhost:9092.

        The jar that they name is that of `files`.
        """
        matches = TopicLocation(topic=MATCHES_TOPIC)
        made = (
            *definitions(PORTABLE),
            source_table(source, TopicLocation(topic=source.topic or source.name)),
            view(source),
            matches_table(matches),
        )
        return "".join(f"{text};\n" for text in made)

    def files(self) -> Mapping[str, bytes]:
        """The jar of the functions."""
        return {FUNCTIONS: functions_jar()}

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        """Produce each job's events, run its INSERTs as bounded jobs, read the matches.

        Raises EngineError where an engine is missing or a statement fails.
        """
        return run_jobs(jobs, *servers_of(endpoints))
