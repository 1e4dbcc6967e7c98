"""`tocsin serve`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from tocsin.app import serve as use_case
from tocsin.app.database import open_database
from tocsin.app.server_settings import read_server_settings
from tocsin.app.worker import open_worker
from tocsin.cli.options import database_option, env_option, project_option
from tocsin.cli.output import echo_json, format_option, say
from tocsin.cli.progress import progress


@click.command()
@env_option
@project_option
@database_option
@click.option(
    "--listen",
    default="127.0.0.1:8765",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the API listens.",
)
@click.option(
    "--settings",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Who is told of findings, and may sign in (TOML).",
)
@format_option("text", "json")
def serve(  # noqa: PLR0913 - its options
    env: str,
    *,
    project: Path | None,
    database: str,
    listen: str,
    settings: Path | None,
    fmt: str,
) -> None:
    """Keep the alerts of an environment, and serve them to people and programs.

    Alerts are read from `tocsin.alerts` of the environment's broker (kinds kafka and flink), or
    from `alerts.jsonl` in its folder (kind local), and written into the database together with how
    far they were read. Several servers with one database share the work. With `--format json`, the
    API's address is printed as an object once it listens.
    """
    from tocsin_runtime.worker.stop import graceful  # noqa: PLC0415 - keeps `--help` quick

    def told(api: str) -> None:
        say(f"serving {api}")
        if fmt == "json":
            echo_json({"api": api})

    given = read_server_settings(settings)
    at, site = use_case.Listening.at(listen), open_worker(env, project)
    watched = progress()
    with watched.stage("opening the database"):
        opened = open_database(database, project)
    with closing(opened), graceful() as stop:
        served = use_case.Serving(site, given, opened, at)
        use_case.serve(served, stop, watched.notify, told)
    raise click.exceptions.Exit(stop.exit_code)
