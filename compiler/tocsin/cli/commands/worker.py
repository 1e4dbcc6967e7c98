"""`tocsin worker`."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from tocsin import gate
from tocsin.app.worker import open_worker, run_local_worker
from tocsin.cli import completion
from tocsin.cli.options import env_option, project_option
from tocsin.cli.output import format_option
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress
from tocsin.cli.worker_report import show
from tocsin.errors import ConfigError

_FILE = GivenPath(folder=False)


@click.command()
@env_option
@project_option
@click.option(
    "--events", multiple=True, type=_FILE, help="Files of events, plain or gzipped (kind local)."
)
@click.argument("more", nargs=-1, type=_FILE, metavar="[FILE]...")
@click.option(
    "--source",
    default="",
    shell_complete=completion.sources,
    help="Treat all events as events of this source (kind local).",
)
@click.option(
    "--until-end", is_flag=True, help="Stop at the current end of the topics (not local)."
)
@click.option("--name", default="", help="Name of this worker in its group: the host's by default.")
@click.option(
    "--listen",
    default="",
    metavar="HOST:PORT",
    help="Serve /healthz, /readyz and /metrics on this address (not local).",
)
@click.option(
    "--trust",
    type=_FILE,
    envvar="TOCSIN_TRUST",
    show_envvar=True,
    help="Trust file: run only releases that somebody signed whose key counts (not local).",
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
    trust: Path | None,
    fmt: str,
) -> None:
    """Run the deployed detections on a stream of events and raise each alert exactly once.

    Kind local reads events from files and appends alerts to `alerts.jsonl` in the environment's
    folder. Kinds kafka and flink read the sources' topics and the matches of Flink's jobs, and
    write to tocsin.matches, tocsin.alerts and tocsin.dead-letters until stopped; workers with
    different names share the work.
    """
    from tocsin.app.stream_worker import Streaming, run_streaming  # noqa: PLC0415 - as below
    from tocsin_runtime.worker.stop import graceful  # noqa: PLC0415 - keeps `--help` quick

    site = open_worker(env, project)
    files = (*events, *more)
    if any(map(gate.is_stdin, files)):
        raise ConfigError(
            "a worker does not read events from standard input",
            hint="it tells events apart by file and line: name a file",
        )
    with graceful() as stop:
        watched = progress()
        if site.settings.kind == "local":
            _refuse(listen, "--listen is for environments of kind kafka and flink")
            _refuse(trust, "--trust is for environments of kind kafka and flink")
            with watched.stage("running the detections"):
                told = run_local_worker(site, files, source, stop)
        elif not site.settings.on_kafka:
            raise ConfigError(
                f"environments of kind {site.settings.kind} have no workers",
                hint="their backend runs the detections and raises the alerts",
            )
        else:
            _refuse(files or source, "--events and --source are for environments of kind local")
            streaming = Streaming(name or socket.gethostname(), listen, until_end, trust)
            told = run_streaming(site, streaming, stop, watched)
        show(told, fmt)
    blind = any(each["events"] for each in told.get("not_run", ()))
    raise click.exceptions.Exit(stop.exit_code or int(blind))


def _refuse(given: object, why: str) -> None:
    if given:
        raise ConfigError(why)
