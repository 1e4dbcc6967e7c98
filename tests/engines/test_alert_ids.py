"""An alert is the same wherever its detection runs: the project's own, over cases and the demo."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from authoring import write
from engines import case_day
from engines.flink_deployed import started
from engines.kafka_io import consume
from patience import SECONDS
from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.compile import compile_query
from tocsin.deploy.local import LocalTarget
from tocsin.front.project import Project, load_project
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.model.artifact import Artifact
from tocsin.pack import Pack, Part
from tocsin.plan.desired import entry_of
from tocsin.plan.shadow import Placing
from tocsin.plan.steps import Deploy
from tocsin.release.keys import RELEASE, artifact_key
from tocsin.release.record import ReleaseRecord
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.bounded.run import SESSIONS
from tocsin_flink_sql.bounded.run_pack import submit
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.matcher.jar import pack_jar
from tocsin_flink_sql.sql.tables import TopicLocation
from tocsin_kafka import topics
from tocsin_kafka.producer import send_all
from tocsin_runtime.control.writer import ControlWriter
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.names import SINKS
from whole import share
from worker_world import read_lines

ROOT = Path(__file__).parents[2]
Alerts = dict[tuple[str, str], tuple[list[str], int]]
"""Ids of the events and their number, by detection and id of the alert."""


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT / "detections")


@dataclass(frozen=True)
class Day:
    """A project, and a folder with events: a file a source."""

    project: Project
    folder: Path


@pytest.fixture(scope="module")
def day(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Events of the demo and of cases."""
    folder = tmp_path_factory.mktemp("day")
    case_day.write(project, folder)
    return Day(project, folder)


def alerts_of(alerts: Iterable[dict[str, Any]]) -> Alerts:
    found: Alerts = {}
    for told in alerts:
        rest = told["data"]["unmapped"]["tocsin"]
        found[told["subject"], told["id"]] = (rest["event_ids"], rest["event_count"])
    return found


def run_here(
    queries: Iterable[Resolved], backend: str, correlations: str, day: Day, root: Path
) -> Alerts:
    """The alerts of a worker on these files, in an environment of kind local."""
    settings = (
        f'[project]\nname = "p"\n[environments.here]\nkind = "local"\n'
        f'backend = "{backend}"\ncorrelations = "{correlations}"\npath = "live"\n'
    )
    (root / "tocsin.toml").write_text(settings, "utf-8")
    target = LocalTarget(root / "live", "here")
    entries = []
    for query in queries:
        stateful = len(query.events) > 1 or hasattr(query, "correlation")
        made = compile_query(query, registry.load(correlations if stateful else backend))
        assert isinstance(made, Artifact), made
        entries.append(entry_of(day.project, query, made, Placing("live"), 1))
        target.place(Deploy(entries[-1]), made.body)
    target.activate(1, tuple(entries), tuple(day.project.sources.values()))
    files = map(str, sorted(day.folder.iterdir()))
    words = ["worker", "--env", "here", "--project", str(root), *files]
    told = CliRunner().invoke(main_group, words)
    assert told.exit_code == 0, f"{told.output}{told.exception!r}"
    return alerts_of(read_lines(root / "live/alerts.jsonl"))


@pytest.fixture(scope="module")
def alerting(project: Project) -> tuple[Resolved, ...]:
    return tuple(query for query in project.queries if query.alerts)


@pytest.fixture(scope="module")
def wanted(
    alerting: Sequence[Resolved], day: Day, tmp_path_factory: pytest.TempPathFactory
) -> Alerts:
    """What filters in the worker find, and DuckDB for correlations."""
    folder = tmp_path_factory.mktemp("filters")
    return run_here(alerting, "kafka-filter", "batch-sql", day, folder)


def chosen(queries: Sequence[Resolved], single: int, several: int) -> tuple[Resolved, ...]:
    """So many detections and so many correlations: a statement of each takes seconds."""
    alone = [query for query in queries if isinstance(query, Query)]
    others = [query for query in queries if isinstance(query, CorrelationQuery)]
    return (*share(alone, single), *share(others, several))


def of(queries: Iterable[Resolved], alerts: Alerts) -> Alerts:
    """The alerts of these detections."""
    ids = {query.detection.id for query in queries}
    return {key: value for key, value in alerts.items() if key[0] in ids}


def test_all_kinds_of_detections_raise_alerts(alerting: Sequence[Resolved], wanted: Alerts) -> None:
    raised = {detection for detection, _ in wanted}
    correlations = {q.detection.id for q in alerting if isinstance(q, CorrelationQuery)}
    assert len(alerting) == 64
    assert correlations <= raised
    assert len(raised - correlations) >= 50
    assert max(count for _, count in wanted.values()) > 1


def test_statements_of_duckdb_raise_the_same_alerts(
    alerting: Sequence[Resolved], day: Day, wanted: Alerts, tmp_path: Path
) -> None:
    some = chosen(alerting, 20, 4)
    assert run_here(some, "batch-sql", "batch-sql", day, tmp_path) == of(some, wanted)


def test_statements_of_spark_raise_the_same_alerts(
    alerting: Sequence[Resolved], day: Day, wanted: Alerts, tmp_path: Path
) -> None:
    pytest.importorskip("pyspark")
    some = chosen(alerting, 8, 2)
    assert run_here(some, "spark-sql", "spark-sql", day, tmp_path) == of(some, wanted)


@dataclass(frozen=True)
class Streams:
    """The events of the day on a broker, in the topics of their sources."""

    servers: str
    project: Project
    topics: Mapping[str, str]

    def of(self, kind: str, backend: str, root: Path) -> Alerts:
        """The alerts of a worker of an environment of this kind, which has its settings alone."""
        settings = f'kind = "{kind}"\nbackend = "{backend}"\nbootstrap = "{self.servers}"\n'
        name = root.name
        write(root / "tocsin.toml", f'[project]\nname = "{name}"\n[environments.there]\n{settings}')
        words = ["-m", "tocsin.cli.main", "worker", "--env", "there", "--until-end"]
        command = [sys.executable, *words]
        told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        origin = f"/tocsin/{name}/there"
        records = (json.loads(value) for value in consume(self.servers, SINKS[Sink.ALERTS]))
        return alerts_of(record for record in records if record["source"] == origin)

    def release(self, name: str, made: Iterable[tuple[Resolved, Artifact]]) -> None:
        """These detections, as the first release."""
        entries, bodies = [], {}
        for query, artifact in made:
            entries.append(entry_of(self.project, query, artifact, Placing("live"), 1))
            bodies[artifact_key(artifact.digest)] = artifact.body
        starts = dict.fromkeys(self.topics.values(), 0)
        table = ReleaseRecord("there", 1, tuple(entries), starts=starts)
        ControlWriter(self.servers, name, "there").put({**bodies, RELEASE: table.encode()})


@pytest.fixture(scope="module")
def fed(day: Day, endpoints: EngineAddresses) -> Iterator[Streams]:
    by_source = {source.name: source.topic for source in day.project.sources.values()}
    servers = endpoints.addresses["kafka"]
    topics.create(servers, by_source.values(), partitions=1)
    try:
        for source, topic in by_source.items():
            lines = (day.folder / f"{source}.jsonl").read_bytes().splitlines()
            send_all(servers, topic, lines)
        yield Streams(servers, day.project, by_source)
    finally:
        topics.delete(servers, list(by_source.values()))


def test_workers_on_kafka_raise_the_same_alerts(
    fed: Streams, wanted: Alerts, tmp_path: Path
) -> None:
    """Filters alone: correlations need Flink."""
    queries = [q for q in fed.project.queries if q.alerts and isinstance(q, Query)]
    made = [(query, compile_query(query, registry.load("kafka-filter"))) for query in queries]
    root = tmp_path / f"p{uuid4().hex}"
    fed.release(root.name, [(query, each) for query, each in made if isinstance(each, Artifact)])
    found = fed.of("kafka", "kafka-filter", root)
    assert found == of(queries, wanted)


def test_jobs_on_flink_raise_the_same_alerts(
    fed: Streams, wanted: Alerts, endpoints: EngineAddresses, tmp_path: Path
) -> None:
    """What is deployed, on events that end: the pack of each source, and all correlations."""
    root = tmp_path / f"p{uuid4().hex}"
    queries = [query for query in fed.project.queries if query.alerts]
    fed.release(root.name, [(query, FlinkSql().deployed(query)) for query in queries])
    to = [f"tocsin.{what}.{root.name}.there" for what in ("found", "refused")]
    topics.create(fed.servers, to, partitions=1)
    single = [query for query in queries if isinstance(query, Query)]
    several = [query for query in queries if isinstance(query, CorrelationQuery)]
    by_source = [[q for q in single if q.source.name == source] for source in fed.topics]
    jobs = [partial(packed, some, endpoints, to, tmp_path) for some in by_source]
    jobs.append(partial(started, several, endpoints, tmp_path, to[0]))
    try:
        with (
            ThreadPoolExecutor(SESSIONS) as pool,
            ClusterRest(endpoints.addresses["flink_rest"]) as cluster,
        ):
            for job in pool.map(lambda start: start(), jobs):
                cluster.wait_finished(job, SECONDS)
        assert not consume(fed.servers, to[1])
        assert fed.of("flink", "flink-sql", root) == wanted
    finally:
        topics.delete(fed.servers, to)


def packed(
    queries: Sequence[Query], servers: EngineAddresses, to: Sequence[str], folder: Path
) -> str:
    """Start the pack of a source; the job."""
    source = queries[0].source
    pack = Pack.of(source.name, [Part.of(query) for query in queries])
    jar = folder / f"{source.name}.jar"
    jar.write_bytes(pack_jar(pack))
    places = [TopicLocation(servers.addresses["kafka"], topic) for topic in (source.topic, *to)]
    return submit(source.name, jar, places, servers.addresses["flink_gateway"])
