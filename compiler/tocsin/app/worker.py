"""A worker, which runs what is deployed on a stream of events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.app.worker_report import report
from tocsin.errors import ConfigError
from tocsin.front.place import find_project
from tocsin.front.project import read_settings
from tocsin.front.sources import select
from tocsin.ir.evaluate import predicate
from tocsin.ir.nodes import all_of
from tocsin.model.project import Environment
from tocsin.model.source import Source

if TYPE_CHECKING:
    from tocsin_runtime.worker.claims import Claim
    from tocsin_runtime.worker.stop import Stop


@dataclass(frozen=True, slots=True)
class WorkerEnvironment:
    """One environment of the project in `root`; `folder` has what is deployed if it is local.

    A worker reads only the project's settings: what runs, and what alerts say, is the release's.
    """

    root: Path
    project: str
    name: str
    settings: Environment
    folder: Path


def open_worker(env: str, start: Path | None) -> WorkerEnvironment:
    """Find the environment of the project around a folder."""
    from tocsin.deploy.folder import folder_of  # noqa: PLC0415 - keeps `--help` quick

    root = find_project(start or Path())
    settings = read_settings(root)
    environment = settings.environment(env)
    folder = folder_of(_repository(root), environment.path)
    return WorkerEnvironment(root, settings.project.name, env, environment, folder)


def _repository(root: Path) -> Path:
    """The folder that paths of environments start from; the project's own where there is no git."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def run_local_worker(
    site: WorkerEnvironment, files: tuple[Path, ...], source: str, stop: Stop
) -> dict[str, Any]:
    """Run what is deployed on files of events.

    Returns the report, and also writes it to the folder.
    """
    from tocsin.files import write  # noqa: PLC0415 - as above
    from tocsin.release.local_folder import LAST_RUN  # noqa: PLC0415
    from tocsin_runtime.alerts.writer import AlertWriter  # noqa: PLC0415
    from tocsin_runtime.worker.folder import read_deployment  # noqa: PLC0415
    from tocsin_runtime.worker.local import ALERTS, run_local  # noqa: PLC0415

    deployment = read_deployment(site.folder, site.name)
    if not files:
        raise ConfigError("no events: give files of events with --events")
    names = [each.name for each in deployment.sources]
    if source and source not in names:
        known = ", ".join(names)
        raise ConfigError(f"no source {source!r}", hint=f"sources: {known}")
    writer = AlertWriter.of(site.project, site.name, deployment)
    claims = claims_of(deployment.sources)
    result = run_local(site.folder, deployment, claims, files, writer, forced=source, stopped=stop)
    told = {
        **report(site.name, deployment, result.counters, result.alerts, result.costs),
        "alerts": sum(result.alerts.values()),
        "repeated": dict(sorted(result.repeated.items())),
        "sink": str(site.folder / ALERTS),
        "sources": dict(sorted(result.events_by_source.items())),
        "not_run": [
            {
                "source": each.source,
                "backend": each.backend,
                "detections": list(each.detections),
                "reason": each.reason,
                "events": result.events_by_source.get(each.source, 0),
            }
            for each in result.not_run
        ],
    }
    write(site.folder / LAST_RUN, json.dumps(told, indent=1).encode() + b"\n")
    return told


def claims_of(sources: Iterable[Source]) -> list[Claim]:
    """What tells the sources of a release which events are theirs."""
    from tocsin_runtime.worker.claims import Claim  # noqa: PLC0415 - as above

    return [
        Claim(source, predicate(all_of(select(source.where))) if source.where else None)
        for source in sources
    ]
