"""`tocsin shadow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table

from tocsin.app.environment import OpenEnvironment
from tocsin.app.shadow import report, watched
from tocsin.cli import completion
from tocsin.cli.options import environment_options
from tocsin.cli.output import echo_json, format_option, show, show_table


@click.command()
@click.argument("rule", shell_complete=completion.detections)
@environment_options
@click.option(
    "--samples", default=5, show_default=True, help="How many matches to show of each kind."
)
@format_option("text", "json")
def shadow(opened: OpenEnvironment, rule: str, *, samples: int, fmt: str) -> None:
    """Compare what RULE matched in shadow and live: only old, only new, both.

    Matches are counted from the time the version was put in shadow. RULE is a key, an id, or a
    prefix.
    """
    with opened.progress.stage("reading matches"):
        seen = watched(opened, rule)
        told = report(seen, samples)
    if fmt == "json":
        echo_json(told)
        return
    entry = seen.entry
    show(f"{entry.key} v{entry.version} in shadow for {seen.days:.1f} days")
    table = Table("matches", "number", "samples", box=None)
    for name in ("only_old", "only_new", "both"):
        rows = [_place(record) for record in told[name]["samples"]]
        table.add_row(name.replace("_", " "), str(told[name]["number"]), "\n".join(rows))
    show_table(table)
    show(f"{seen.alerts_per_day:.1f} alerts per day")


def _place(record: Mapping[str, Any]) -> str:
    return f"{record['event_id']} ({record['topic']}/{record['partition']}/{record['offset']})"
