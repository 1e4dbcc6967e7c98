"""`tocsin replay`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from tocsin.app.environment import open_environment
from tocsin.app.kept_alerts import KeptAlerts
from tocsin.app.recorded_alert import alert_bytes
from tocsin.app.replay import Digests, Replay
from tocsin.app.replay import replay as use_case
from tocsin.cli.options import env_option, kept_alerts_options, project_option, remote_option
from tocsin.cli.output import echo_json, format_option, show
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress
from tocsin.escape import printable

_SHORT = 12


@click.command()
@click.argument("alert")
@env_option
@kept_alerts_options
@click.option(
    "--events",
    "files",
    multiple=True,
    type=GivenPath(folder=False),
    help="File of events to run on, in place of those that the alert shows; repeatable.",
)
@project_option
@remote_option
@format_option("text", "json")
def replay(  # noqa: PLR0913 - one parameter an option
    *,
    alert: str,
    env: str,
    kept: KeptAlerts,
    files: tuple[Path, ...],
    project: Path | None,
    remote: str,
    fmt: str,
) -> None:
    """Raise ALERT again from the bytes of its release in the ledger, and compare.

    ALERT is the id of an alert that a server keeps (--server, or its --database), or a file that
    has the alert alone (- is stdin). The artifact that its release deployed runs on the events that
    the alert shows, or on those of --events. The id and the whole payload must be the same, but for
    the version of Tocsin.

    Exit code 1 if they are not, or if something is missing for it.
    """
    body = alert_bytes(alert, kept, project)
    opened = open_environment(env, project, remote=remote, resolve=False, progress=progress())
    told = use_case(opened, body, files)
    if fmt == "json":
        echo_json(told.record)
    else:
        show("\n".join(map(printable, _lines(told))))
    if not told.same:
        raise click.exceptions.Exit(1)


def _lines(told: Replay) -> Iterator[str]:
    where = f"release {told.release} of {told.environment}"
    yield f"alert {told.alert[:_SHORT]} of {told.detection} v{told.version}, {where}"
    if told.artifact:
        of = f", of release {told.ran}" if told.ran != told.release else ""
        yield f"artifact {told.artifact[:_SHORT]} ({told.backend}{of}), as the ledger has it"
    yield f"{told.events} of {told.event_count} events"
    if told.missing:
        yield from (f"cannot be raised again: {why}" for why in told.missing)
        return
    yield f"id: {_word(told.id)}"
    yield f"payload: {_word(told.payload)}"
    yield from (f"differs: {place}" for place in told.differs)


def _word(digests: Digests) -> str:
    if digests.same:
        return f"same {digests.recorded[:_SHORT]}"
    again = digests.replayed[:_SHORT] or "none"
    return f"was {digests.recorded[:_SHORT]}, is {again}"
