"""`tocsin source`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.app.shipped_sources import ShippedSource, add_source, shipped_sources
from tocsin.cli import completion
from tocsin.cli.options import project_option
from tocsin.cli.output import echo_json, format_option, say, shown
from tocsin.escape import printable
from tocsin.front.place import find_project
from tocsin.model.source import Source
from tocsin.plural import plural

_MINUTE_MS = 60_000


@click.group()
def source() -> None:
    """Sources that come with Tocsin: list them, add one to the project."""


@source.command("list")
@format_option("text", "json")
def list_(fmt: str) -> None:
    """List the sources that come with Tocsin, each with the log sources that it serves."""
    found = shipped_sources()
    if fmt == "json":
        echo_json([each.as_json() for each in found])
        return
    widths = [max(len(row[n]) for row in map(_row, found)) for n in range(3)]
    for row in map(_row, found):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    say("add one to a project: tocsin source add NAME")


def _row(each: ShippedSource) -> tuple[str, str, str]:
    first, *more = each.source.serves
    others = f" and {len(more)} more" if more else ""
    return each.source.name, each.source.title, f"{first.logsource}{others}"


@source.command()
@click.argument("name", shell_complete=completion.shipped)
@project_option
@format_option("text", "json")
def add(name: str, *, project: Path | None, fmt: str) -> None:
    """Copy the source NAME, which comes with Tocsin, into the project: sources/NAME.yml.

    The file then belongs to the project: adapt it. Existing files are not overwritten.
    """
    file, added = add_source(find_project(project or Path()), name)
    if fmt == "json":
        echo_json({"source": added.name, "file": shown(file), "adapt": _adapt(added)})
        return
    click.echo(printable(shown(file)))
    say("Adapt in it what is different where you are:")
    for key, what in _adapt(added).items():
        say(f"  {key:<7}{what}")
    say(f"Next: tocsin new SLUG --source {added.name}")


def _adapt(added: Source) -> dict[str, str]:
    where = ", ".join(f"{key}: {value}" for key, value in added.where.items())
    late = plural((added.lateness_ms or 0) // _MINUTE_MS, "minute")
    ids = ", ".join(added.id_fields)
    found = {
        "where": f"{where}: what tells its events from others in the topic" if where else "",
        "topic": f"{added.topic}: the Kafka topic that has the events",
        "table": f"{added.table}: the table of the events in SQL",
        "time": f"{added.time_field}, up to {late} late: event time, and the delay to allow for",
        "id": f"{ids}: what identifies an event" if ids else "",
        "fields": f"{plural(len(added.columns), 'field')}: add what your rules look at besides",
    }
    return {key: what for key, what in found.items() if what}
