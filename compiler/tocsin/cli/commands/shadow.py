"""`tocsin shadow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from tocsin.app.environment import OpenEnvironment
from tocsin.app.shadow import report, watched
from tocsin.cli import completion
from tocsin.cli.options import environment_options
from tocsin.cli.output import echo_json, format_option, show
from tocsin.cli.table import print_table


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
    rows = [row for name in ("only_old", "only_new", "both") for row in _rows(name, told[name])]
    print_table(("matches", "number", "samples"), rows)
    show(f"{seen.alerts_per_day:.1f} alerts per day")


def _rows(name: str, told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """How many there are, and a sample per row."""
    first, *more = [_place(record) for record in told["samples"]] or [""]
    head = (name.replace("_", " "), str(told["number"]), first)
    return [head, *(("", "", sample) for sample in more)]


def _place(record: Mapping[str, Any]) -> str:
    return f"{record['event_id']} ({record['topic']}/{record['partition']}/{record['offset']})"
