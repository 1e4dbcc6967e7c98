"""The jobs of a release, by pipeline.

The stateless detections of a source are one job, `<source>`; an isolated one has its own,
`<source>/<key>`; so has every correlation, `<key>`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.canonical import digest, digest_bytes
from tocsin.errors import EngineError
from tocsin.pack import Pack, Part
from tocsin.release.entry import Entry
from tocsin_flink_sql.matcher.jar import functions_jar, pack_jar
from tocsin_flink_sql.matcher.statements import events_table, found_table, function, matching
from tocsin_flink_sql.sql.tables import TopicLocation
from tocsin_flink_sql.state.artifact import CorrelationArtifact

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topics:
    """Where jobs write: what they find, and what could not be evaluated."""

    servers: str
    found: str
    refused: str


@dataclass(frozen=True, slots=True)
class PackJob:
    """A pack on its source's topic."""

    pipeline: str
    source: str
    topic: str
    detections: frozenset[str]
    jar: bytes = field(repr=False)

    @property
    def version(self) -> str:
        """Digest of what makes the job."""
        nowhere = Topics("", "", "")
        made = [*self.tables(nowhere, Path("/"), {}, {}), self.insert(nowhere)]
        return digest({"jar": digest_bytes(self.jar), "topic": self.topic, "statements": made})

    @property
    def topics(self) -> tuple[str, ...]:
        """What it reads."""
        return (self.topic,)

    def tables(self, to: Topics, jar: Path, reading: Options, writing: Options) -> list[str]:
        """What a session executes first; `reading` and `writing` are the connector's options."""
        return [
            events_table(TopicLocation(to.servers, self.topic, options=reading)),
            found_table(TopicLocation(to.servers, to.found, options=writing), to.refused),
            function(jar),
        ]

    def insert(self, to: Topics) -> str:
        """The job's statement."""
        return matching(self.source, to.found, to.refused)


@dataclass(frozen=True, slots=True)
class CorrelationJob:
    """A correlation on the topics of its sources; `body` is its artifact."""

    pipeline: str
    detection: str
    body: bytes = field(repr=False)
    deployed: CorrelationArtifact = field(repr=False)

    @property
    def version(self) -> str:
        """Digest of what makes the job."""
        return digest_bytes(self.body)

    @property
    def detections(self) -> frozenset[str]:
        """It alone."""
        return frozenset({self.detection})

    @property
    def topics(self) -> tuple[str, ...]:
        """What it reads."""
        return self.deployed.topics

    @property
    def jar(self) -> bytes:
        """The functions' jar."""
        return functions_jar()

    def tables(self, to: Topics, jar: Path, reading: Options, writing: Options) -> list[str]:
        """What a session executes first; `reading` and `writing` are the connector's options."""
        uri = jar.absolute().as_uri()
        return self.deployed.tables(to.servers, uri, reading, {"topic": to.found, **writing})


JobSpec = PackJob | CorrelationJob


def job_specs(entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> dict[str, JobSpec]:
    """The jobs of these detections, by pipeline.

    Raises EngineError for bytes that are no artifact; Unsupported for what Java cannot say.
    """
    specs: list[JobSpec] = [_correlation(entry, bodies) for entry in entries if entry.stateful]
    shared: dict[str, list[Part]] = {}
    for entry in entries:
        if not entry.stateful:
            pipeline = own_pipeline(entry) if entry.isolated else entry.source
            shared.setdefault(pipeline, []).append(_part(entry, bodies))
    specs += [_pack(pipeline, parts) for pipeline, parts in shared.items()]
    found = {spec.pipeline: spec for spec in sorted(specs, key=lambda spec: spec.pipeline)}
    if len(found) < len(specs):
        twice = next(spec.pipeline for spec in specs if found[spec.pipeline] != spec)
        raise EngineError(
            f"a correlation and a source are both called {twice!r}", hint="rename the correlation"
        )
    return found


def own_pipeline(entry: Entry) -> str:
    """The pipeline of a stateless detection that is isolated."""
    return f"{entry.source}/{entry.key}"


def _correlation(entry: Entry, bodies: Mapping[str, bytes]) -> CorrelationJob:
    body = bodies[entry.artifact]
    try:
        return CorrelationJob(entry.key, entry.id, body, CorrelationArtifact.decode(body))
    except ValueError as error:
        raise _not_ours(entry, error) from error


def _part(entry: Entry, bodies: Mapping[str, bytes]) -> Part:
    try:
        return Part.decode(bodies[entry.artifact])
    except ValueError as error:
        raise _not_ours(entry, error) from error


def _not_ours(entry: Entry, error: ValueError) -> EngineError:
    return EngineError(
        f"{entry.key}: the artifact {entry.artifact[:12]} is not a flink-sql artifact: {error}",
        hint="plan again: another version of Tocsin may have made it",
    )


def _pack(pipeline: str, parts: Sequence[Part]) -> PackJob:
    source = parts[0].source
    topics = sorted({part.topic or source for part in parts})
    if len(topics) > 1:
        raise EngineError(
            f"the detections of {source} use several topics: {', '.join(topics)}",
            hint="plan again, so that all are compiled for the same topic",
        )
    pack = Pack.of(source, parts)
    detections = frozenset(part.detection for part in parts)
    return PackJob(pipeline, source, topics[0], detections, pack_jar(pack))
