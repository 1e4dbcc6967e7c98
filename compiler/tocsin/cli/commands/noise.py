"""`tocsin noise`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tocsin.app.kept_alerts import KeptAlerts
from tocsin.app.noise import noise_report
from tocsin.cli.options import env_option, kept_alerts_options, project_option
from tocsin.cli.output import echo_json, format_option, say
from tocsin.cli.table import print_table
from tocsin.escape import printable
from tocsin.model.noise import DetectionNoise

_BARS = "▁▂▃▄▅▆▇█"


@click.command()
@env_option
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=14,
    show_default=True,
    help="How far back, by the time of events.",
)
@kept_alerts_options
@project_option
@format_option("text", "json")
def noise(env: str, *, days: int, kept: KeptAlerts, project: Path | None, fmt: str) -> None:
    """Show how much each detection says, and what people made of it; the noisiest first.

    With --server it asks the API of `tocsin serve`; without, it reads the database that --database
    names, or that of the project. `tocsin plan` shows the same of what it changes.
    """
    report = noise_report(kept, env, days, project)
    if fmt == "json":
        echo_json(report.model_dump(mode="json"))
    elif report.detections:
        drawn = sys.stdout.isatty()
        head = ("alerts a day", "findings a day", "false", "undecided", *(["trend"] * drawn))
        print_table((*head, "detection"), [_row(each, drawn=drawn) for each in report.detections])
    else:
        say(f"no alerts of {env} in the last {days} days")


def _row(each: DetectionNoise, *, drawn: bool) -> list[str]:
    false = "nobody said" if each.false_share is None else f"{each.false_share:.0%}"
    figures = [f"{each.alerts_a_day:,.1f}", f"{each.findings_a_day:,.1f}"]
    trend = [sparkline(each.trend)] if drawn else []
    return [*figures, false, f"{each.undecided_share:.0%}", *trend, printable(each.title)]


def sparkline(trend: Sequence[int]) -> str:
    """A bar for each number, by its share of the highest; none is the lowest bar."""
    most = max(trend, default=0) or 1
    return "".join(_BARS[-(-number * (len(_BARS) - 1) // most)] for number in trend)
