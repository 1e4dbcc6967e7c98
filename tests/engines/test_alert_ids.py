"""An alert is the same wherever its detection runs: the project's own, over the demo's day."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from authoring import write
from engines.kafka_io import consume
from patience import SECONDS
from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.compile import compile_query
from tocsin.deploy.local import LocalTarget
from tocsin.front.project import Project, load_project
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact
from tocsin.plan.desired import entry_of
from tocsin.plan.shadow import Placing
from tocsin.plan.steps import Deploy
from tocsin_runtime.control.table import ReleaseTable
from tocsin_runtime.control.topic import RELEASE, artifact_key
from tocsin_runtime.control.writer import ControlWriter
from tocsin_runtime.engines import Endpoints
from tocsin_runtime.worker import topics
from tocsin_runtime.worker.names import SINKS
from tocsin_runtime.worker.stream import Sink
from worker_world import read_lines

ROOT = Path(__file__).parents[2]
EVENTS = 1000
"""Of each source, as in the demo."""

Alerts = dict[tuple[str, str], tuple[list[str], int]]
"""Ids of the events and their number, by detection and id of the alert."""


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT / "detections")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events of the demo, a file a source."""
    folder = tmp_path_factory.mktemp("day")
    runpy.run_path(str(ROOT / "docs/demo_events.py"))["main"](ROOT / "detections", folder, EVENTS)
    return folder


def alerts_of(alerts: Iterable[dict[str, Any]]) -> Alerts:
    found: Alerts = {}
    for told in alerts:
        rest = told["data"]["unmapped"]["tocsin"]
        found[told["subject"], told["id"]] = (rest["event_ids"], rest["event_count"])
    return found


def run_here(project: Project, backend: str, correlations: str, day: Path, root: Path) -> Alerts:
    """The alerts of a worker on these files, in an environment of kind local."""
    settings = (
        f'[project]\nname = "p"\n[environments.here]\nkind = "local"\n'
        f'backend = "{backend}"\ncorrelations = "{correlations}"\npath = "live"\n'
    )
    (root / "tocsin.toml").write_text(settings, "utf-8")
    target = LocalTarget(root / "live", "here")
    entries = []
    for query in (query for query in project.queries if query.alerts):
        stateful = len(query.events) > 1 or hasattr(query, "correlation")
        made = compile_query(query, registry.load(correlations if stateful else backend))
        assert isinstance(made, Artifact), made
        entries.append(entry_of(project, query, made, Placing("live"), 1))
        target.place(Deploy(entries[-1]), made.body)
    target.activate(1, tuple(entries), tuple(project.sources.values()))
    words = ["worker", "--env", "here", "--project", str(root), *map(str, sorted(day.iterdir()))]
    told = CliRunner().invoke(main_group, words)
    assert told.exit_code == 0, f"{told.output}{told.exception!r}"
    return alerts_of(read_lines(root / "live/alerts.jsonl"))


@pytest.fixture(scope="module")
def wanted(project: Project, day: Path, tmp_path_factory: pytest.TempPathFactory) -> Alerts:
    """What filters in the worker find, and DuckDB for correlations."""
    folder = tmp_path_factory.mktemp("filters")
    return run_here(project, "kafka-filter", "batch-sql", day, folder)


def test_all_kinds_of_detections_raise_alerts(project: Project, wanted: Alerts) -> None:
    alerting = {query.detection.id: query for query in project.queries if query.alerts}
    raised = {detection for detection, _ in wanted}
    correlations = {name for name, query in alerting.items() if hasattr(query, "correlation")}
    assert len(alerting) == 64
    assert len(raised & correlations) >= 3
    assert len(raised - correlations) >= 30
    assert max(count for _, count in wanted.values()) > 1


@pytest.mark.parametrize("backend", ["batch-sql", "spark-sql"])
def test_statements_raise_the_same_alerts(
    project: Project, day: Path, wanted: Alerts, tmp_path: Path, backend: str
) -> None:
    if backend == "spark-sql":
        pytest.importorskip("pyspark")
    assert run_here(project, backend, backend, day, tmp_path) == wanted


def test_workers_on_kafka_raise_the_same_alerts(
    project: Project, day: Path, wanted: Alerts, broker: Endpoints, tmp_path: Path
) -> None:
    """Filters alone: correlations need Flink. The worker's folder has the settings and no more."""
    assert broker.kafka
    name, queries = f"p{uuid4().hex}", [query for query in project.queries if query.alerts]
    filters = [query for query in queries if isinstance(query, Query)]
    settings = f'kind = "kafka"\nbackend = "kafka-filter"\nbootstrap = "{broker.kafka}"\n'
    write(tmp_path / "tocsin.toml", f'[project]\nname = "{name}"\n[environments.there]\n{settings}')
    read_from = {source.topic: source.name for source in project.sources.values()}
    topics.create(broker.kafka, read_from, partitions=1)
    try:
        for topic, source in read_from.items():
            feed(broker.kafka, topic, day / f"{source}.jsonl")
        control = ControlWriter(broker.kafka, name, "there")
        release(project, filters, control, dict.fromkeys(read_from, 0))
        words = ["-m", "tocsin.cli.main", "worker", "--env", "there", "--until-end"]
        command = [sys.executable, *words]
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
    finally:
        topics.delete(broker.kafka, list(read_from))
    origin = f"/tocsin/{name}/there"
    records = (json.loads(value) for value in consume(broker.kafka, SINKS[Sink.ALERTS]))
    found = alerts_of(record for record in records if record["source"] == origin)
    ids = {query.detection.id for query in filters}
    assert found == {key: value for key, value in wanted.items() if key[0] in ids}


def feed(servers: str, topic: str, file: Path) -> None:
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, "log_level": 0})
    for line in file.read_bytes().splitlines():
        producer.produce(topic, line)
    assert producer.flush(SECONDS) == 0


def release(
    project: Project, queries: Sequence[Query], control: ControlWriter, starts: Mapping[str, int]
) -> None:
    """These detections as filters, as the first release."""
    entries, bodies = [], {}
    for query in queries:
        made = compile_query(query, registry.load("kafka-filter"))
        assert isinstance(made, Artifact), made
        entries.append(entry_of(project, query, made, Placing("live"), 1))
        bodies[artifact_key(made.digest)] = made.body
    table = ReleaseTable("there", 1, tuple(entries), starts=starts)
    control.put({**bodies, RELEASE: table.encode()})
