"""`tocsin worker`."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from tocsin.cli.output import console, echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.front.project import Project, find_project, load_project
from tocsin.front.sources import select
from tocsin.ir.evaluate import predicate
from tocsin.ir.nodes import all_of
from tocsin.model.project import Environment

if TYPE_CHECKING:
    from tocsin_runtime.alerts.described import Described
    from tocsin_runtime.alerts.writer import AlertWriter
    from tocsin_runtime.matcher import Cost
    from tocsin_runtime.worker.claims import Claim
    from tocsin_runtime.worker.deployment import Deployment
    from tocsin_runtime.worker.loop import Counters
    from tocsin_runtime.worker.stop import Stop

_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class _Site:
    """One environment of one project; `folder` holds what is deployed."""

    project: Project
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
@click.option("--until-end", is_flag=True, help="Stop at the present end of topics (kind kafka).")
@click.option("--name", default="", help="Name of this worker in its group: the host's by default.")
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
    fmt: str,
) -> None:
    """Run what is deployed over a stream of events: alerts out, each exactly once.

    Kind local: events from files, alerts into `alerts.jsonl` in the environment's folder. Kind
    kafka: events from the sources' topics, results into tocsin.matches, tocsin.alerts and
    tocsin.dead-letters, until stopped; further workers with other names share the work.
    """
    from tocsin_runtime.worker.stop import graceful  # noqa: PLC0415 - keeps `--help` quick

    site = _open(env, project)
    files = (*events, *more)
    with graceful() as stop:
        if site.environment.kind == "local":
            code = _local(site, files, source, stop, fmt)
        elif site.environment.kind == "kafka":
            _refuse(files or source, "--events and --source are for environments of kind local")
            code = _kafka(site, name or socket.gethostname(), stop, fmt, until_end=until_end)
        else:
            raise ConfigError(
                f"environment {env} is of kind {site.environment.kind}: "
                "its detections run in the cluster, not in a worker"
            )
    raise click.exceptions.Exit(stop.exit_code or code)


def _refuse(given: object, why: str) -> None:
    if given:
        raise ConfigError(why)


def _open(env: str, start: Path | None) -> _Site:
    from tocsin.state.git_ledger import Repository  # noqa: PLC0415 - git is slow to load

    project = load_project(find_project(start or Path()))
    environment = project.environment(env)
    folder = Repository(project.root).root / environment.path
    return _Site(project, env, environment, folder)


# --- kind local ---------------------------------------------------------------------------------


def _local(site: _Site, files: tuple[Path, ...], source: str, stop: Stop, fmt: str) -> int:
    from tocsin_runtime.worker.local import ALERTS, run_local  # noqa: PLC0415 - as above

    deployment = _deployment(site)
    _refuse(not files, "no events: name files of JSON lines with --events")
    if source and source not in site.project.sources:
        known = ", ".join(site.project.sources)
        raise ConfigError(f"no source {source!r}", hint=f"sources: {known}")
    writer = _writer(site, deployment)
    result = run_local(
        site.folder, deployment, _claims(site), files, writer, forced=source, stopped=stop
    )
    blind = [each for each in result.not_run if result.events_by_source.get(each.source)]
    report = {
        **_report(site, deployment, result.counters, result.alerts, result.costs),
        "alerts": sum(result.alerts.values()),
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
    _print(report, fmt)
    return 1 if blind else 0


def _claims(site: _Site) -> list[Claim]:
    from tocsin_runtime.worker.claims import Claim  # noqa: PLC0415 - as above

    return [
        Claim(source, predicate(all_of(select(source.where))) if source.where else None)
        for source in site.project.sources.values()
    ]


# --- kind kafka ---------------------------------------------------------------------------------


def _kafka(site: _Site, name: str, stop: Stop, fmt: str, *, until_end: bool) -> int:
    from tocsin_runtime.worker import topics  # noqa: PLC0415 - as above
    from tocsin_runtime.worker.kafka import KafkaSettings, KafkaStream  # noqa: PLC0415
    from tocsin_runtime.worker.loop import run  # noqa: PLC0415
    from tocsin_runtime.worker.references import resolve  # noqa: PLC0415
    from tocsin_runtime.worker.service import Service  # noqa: PLC0415
    from tocsin_runtime.worker.stream import Sink  # noqa: PLC0415

    servers = resolve(site.environment.bootstrap, f"`bootstrap` of environment {site.name}")
    _deployment(site)
    service = Service(site.folder, site.name, lambda now: _writer(site, now), _say)
    sinks = {sink: f"tocsin.{sink}" for sink in Sink}
    there = topics.existing(servers)
    topics.create(servers, set(sinks.values()) - there)
    for missing in sorted(set(service.topics) - there):
        _say(f"topic {missing} does not exist yet")
    group = f"tocsin-{site.project.settings.project.name}-{site.name}"
    settings = KafkaSettings(servers, group, service.topics, sinks, name, until_end)
    service.start(KafkaStream(settings))
    _say(f"{name} reads {', '.join(service.topics) or 'nothing'} from {servers}")
    counters = run(service, service, stop)
    _print(_report(site, service.deployment, counters, counters.matches, service.costs), fmt)
    return 0


# --- both -----------------------------------------------------------------------------------------


def _deployment(site: _Site) -> Deployment:
    from tocsin_runtime.worker.deployment import read_deployment  # noqa: PLC0415 - as above

    return read_deployment(site.folder, site.name)


def _writer(site: _Site, deployment: Deployment) -> AlertWriter:
    from tocsin_runtime.alerts.described import Origin  # noqa: PLC0415 - as above
    from tocsin_runtime.alerts.writer import AlertWriter  # noqa: PLC0415

    project = site.project
    known = {q.detection.id: q.detection.meta for q in project.queries}
    described = {d.described.id: _in_words(d.described, known) for d in deployment.detections}
    return AlertWriter(Origin(project.settings.project.name, site.name), described)


def _in_words(described: Described, known: Mapping[str, Any]) -> Described:
    """What the deployment's record leaves out is taken from the project as it is now."""
    meta = known.get(described.id)
    if meta is None:
        return described
    return replace(
        described,
        description=described.description or meta.description,
        author=described.author or meta.author,
        license=described.license or meta.license,
        references=described.references or meta.references,
        falsepositives=described.falsepositives or meta.falsepositives,
    )


def _report(
    site: _Site,
    deployment: Deployment,
    counters: Counters,
    alerts: Mapping[str, int],
    costs: Mapping[str, Cost],
) -> dict[str, Any]:
    rows = [
        {
            "id": each.described.id,
            "key": each.artifact.key,
            "title": each.described.title,
            "level": each.described.level,
            "source": each.artifact.source,
            "backend": each.artifact.backend,
            "mode": "shadow" if each.described.shadow else "live",
            "matches": counters.matches[each.described.id],
            "alerts": 0 if each.described.shadow else alerts.get(each.described.id, 0),
            **_cost(costs.get(each.described.id)),
        }
        for each in deployment.detections
    ]
    return {
        "environment": site.name,
        "release": deployment.release,
        "events": counters.events,
        "dead_letters": counters.dead_letters,
        "matches": counters.matches.total(),
        "detections": rows,
    }


def _cost(cost: Cost | None) -> dict[str, Any]:
    """Events on which a detection had to be evaluated, how long that took, and on how many long."""
    if cost is None:
        return {"candidates": 0, "seconds": 0.0, "slow": 0}
    return {"candidates": cost.candidates, "seconds": round(cost.seconds, 6), "slow": cost.slow}


def _print(report: dict[str, Any], fmt: str) -> None:
    if fmt == "json":
        echo_json(report)
        return
    hits = [row for row in report["detections"] if row["matches"]]
    table = Table("level", "detection", "source", "mode", "matches", "new alerts", box=None)
    for row in sorted(hits, key=lambda r: (-r["matches"], r["key"])):
        numbers = (str(row["matches"]), str(row["alerts"]))
        table.add_row(row["level"], row["title"], row["source"], row["mode"], *numbers)
    if hits:
        console().print(table)
    for each in report.get("not_run", ()):
        _say(
            f"not run: {len(each['detections'])} of {each['source']} ({each['events']} events): "
            f"{each['reason']}"
        )
    for row in report["detections"]:
        if row["slow"]:
            _say(f"slow: {row['title']} took long on {row['slow']} events")
    _say(_summary(report))


def _summary(report: dict[str, Any]) -> str:
    said = [
        f"release {report['release']}",
        f"{report['events']} events",
        f"{report['matches']} matches of {len(report['detections'])} detections",
    ]
    if "sink" in report:
        said.append(f"{report['alerts']} new alerts in {report['sink']}")
    if report["dead_letters"]:
        said.append(f"{report['dead_letters']} dead letters")
    return " · ".join(said)


def _say(message: str) -> None:
    console().print(message, markup=False, soft_wrap=True)
