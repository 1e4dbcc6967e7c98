"""`tocsin worker`."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.output import format_option
from tocsin.cli.worker_report import report, show
from tocsin.errors import ConfigError
from tocsin.front.project import find_project, read_settings
from tocsin.front.sources import select
from tocsin.ir.evaluate import predicate
from tocsin.ir.nodes import all_of
from tocsin.model.project import Environment

if TYPE_CHECKING:
    from tocsin_runtime.stream.deployment import Deployment
    from tocsin_runtime.worker.claims import Claim
    from tocsin_runtime.worker.stop import Stop

_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class _Site:
    """One environment of a project; `folder` holds what is deployed if it is a local one.

    Of the project only the settings are read: what runs, and what alerts say, is the release's.
    """

    project: str
    name: str
    environment: Environment
    folder: Path


@click.command()
@click.option("--env", required=True, metavar="ENV", help="Environment in tocsin.toml.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; found from the current folder by default.",
)
@click.option("--events", multiple=True, type=_FILE, help="JSON lines, also gzipped (kind local).")
@click.argument("more", nargs=-1, type=_FILE, metavar="[FILE]...")
@click.option("--source", default="", help="All events are of this source (kind local).")
@click.option("--until-end", is_flag=True, help="Stop at the present end of topics (not local).")
@click.option("--name", default="", help="Name of this worker in its group: the host's by default.")
@click.option(
    "--listen",
    default="",
    metavar="HOST:PORT",
    help="Serve /healthz, /readyz and /metrics there (not local).",
)
@format_option("text", "json")
def worker(  # noqa: PLR0913 - one parameter per option
    env: str,
    *,
    project: Path | None,
    events: tuple[Path, ...],
    more: tuple[Path, ...],
    source: str,
    until_end: bool,
    name: str,
    listen: str,
    fmt: str,
) -> None:
    """Run what is deployed over a stream of events: alerts out, each exactly once.

    Kind local: events from files, alerts into `alerts.jsonl` in the environment's folder. Kinds
    kafka and flink: events from the sources' topics, and what Flink's jobs have found, results into
    tocsin.matches, tocsin.alerts and tocsin.dead-letters, until stopped; further workers with other
    names share the work.
    """
    from tocsin.cli.worker_stream import Streaming, run_streaming  # noqa: PLC0415 - as below
    from tocsin_runtime.worker.stop import graceful  # noqa: PLC0415 - keeps `--help` quick

    site = _open(env, project)
    files = (*events, *more)
    with graceful() as stop:
        if site.environment.kind == "local":
            _refuse(listen, "--listen is for environments of kind kafka and flink")
            code = _local(site, files, source, stop, fmt)
        else:
            _refuse(files or source, "--events and --source are for environments of kind local")
            streaming = Streaming(env, name or socket.gethostname(), listen, until_end=until_end)
            code = run_streaming(site.project, site.environment, streaming, stop, fmt)
    raise click.exceptions.Exit(stop.exit_code or code)


def _refuse(given: object, why: str) -> None:
    if given:
        raise ConfigError(why)


def _open(env: str, start: Path | None) -> _Site:
    from tocsin.deploy.folder import folder_of  # noqa: PLC0415 - keeps `--help` quick

    root = find_project(start or Path())
    settings = read_settings(root)
    environment = settings.environment(env)
    folder = folder_of(_repository(root), environment.path)
    return _Site(settings.project.name, env, environment, folder)


def _repository(root: Path) -> Path:
    """The folder that paths of environments start from; the project's own where there is no git."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


# --- kind local ---------------------------------------------------------------------------------


def _local(site: _Site, files: tuple[Path, ...], source: str, stop: Stop, fmt: str) -> int:
    from tocsin.deploy.files import write  # noqa: PLC0415 - as above
    from tocsin_runtime.alerts.writer import AlertWriter  # noqa: PLC0415
    from tocsin_runtime.stream.names import LAST_RUN  # noqa: PLC0415
    from tocsin_runtime.worker.folder import read_deployment  # noqa: PLC0415
    from tocsin_runtime.worker.local import ALERTS, run_local  # noqa: PLC0415

    deployment = read_deployment(site.folder, site.name)
    _refuse(not files, "no events: name files of JSON lines with --events")
    names = [each.name for each in deployment.sources]
    if source and source not in names:
        known = ", ".join(names)
        raise ConfigError(f"no source {source!r}", hint=f"sources: {known}")
    writer = AlertWriter.of(site.project, site.name, deployment)
    claims = _claims(deployment)
    result = run_local(site.folder, deployment, claims, files, writer, forced=source, stopped=stop)
    blind = [each for each in result.not_run if result.events_by_source.get(each.source)]
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
    show(told, fmt)
    return 1 if blind else 0


def _claims(deployment: Deployment) -> list[Claim]:
    from tocsin_runtime.worker.claims import Claim  # noqa: PLC0415 - as above

    return [
        Claim(source, predicate(all_of(select(source.where))) if source.where else None)
        for source in deployment.sources
    ]
