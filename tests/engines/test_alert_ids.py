"""An alert is the same wherever its detection runs: the project's own, over the demo's day."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.compile import compile_query
from tocsin.deploy.local import LocalTarget
from tocsin.front.project import Project, load_project
from tocsin.model.artifact import Artifact
from tocsin.plan.desired import entry_of
from tocsin.plan.shadow import Placing
from tocsin.plan.steps import Deploy

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


def alerts_of(file: Path) -> Alerts:
    found: Alerts = {}
    for line in file.read_text("utf-8").splitlines():
        told = json.loads(line)
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
    return alerts_of(root / "live/alerts.jsonl")


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
