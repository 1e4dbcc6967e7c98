"""`tocsin status`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from tocsin.app.attempts import record_drift
from tocsin.app.environment import OpenEnvironment
from tocsin.app.plan import prepare_repair
from tocsin.app.status import EnvironmentStatus, status_of
from tocsin.cli.mute_words import mute_words
from tocsin.cli.options import environment_options
from tocsin.cli.output import echo_json, format_option, show
from tocsin.cli.paths import WrittenPath
from tocsin.cli.plan_text import print_plan, save_plan
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.plural import plural


@click.command()
@environment_options
@click.option("--fix", is_flag=True, help="Show the plan that repairs it instead.")
@click.option(
    "--out",
    type=WrittenPath(folder=False),
    help="With --fix: save that plan for `apply --plan`.",
)
@click.option("--record", is_flag=True, help="Record drift and findings in the ledger.")
@format_option("text", "json")
def status(opened: OpenEnvironment, *, fix: bool, out: Path | None, record: bool, fmt: str) -> None:
    """Show what is deployed, and whether it still runs as released.

    Exit code 1 on drift, where no worker makes alerts, after an interrupted apply, or where nobody
    reviewed an emergency in time.
    """
    if fix:
        bundle = prepare_repair(opened).bundle
        print_plan(bundle.plan, fmt)
        if out:
            save_plan(bundle, out)
        return
    if out:
        raise ConfigError("--out needs --fix")
    found = status_of(opened)
    if fmt == "json":
        echo_json(found.as_json())
    else:
        show("\n".join([*_lines(found), *(f"  {tally.words}" for tally in found.tallies)]))
    if record:
        record_drift(opened, found)
    if not found.ok:
        raise click.exceptions.Exit(1)


def _lines(found: EnvironmentStatus) -> list[str]:
    last = found.release
    if last is None:
        lines = [f"{found.environment}: no release yet"]
    else:
        made = f"{last.made} by {last.who}, source {last.source}"
        size = plural(len(last.entries), "detection")
        lines = [f"{found.environment}: release {last.number}, {size}, {made}"]
        places = Counter((e.backend, e.source, e.mode) for e in last.entries)
        lines += [f"  {b} {s}: {n} {mode}" for (b, s, mode), n in sorted(places.items())]
    lines += [f"  {words}" for words in mute_words(found.mutes)]
    late = set(found.overdue)
    lines += [
        f"! overdue: {printable(each.words)}"
        if each.words in late
        else f"  {printable(each.words)}"
        for each in found.emergencies
    ]
    lines += [f"! {d['drift']}: {d['key'] or d['path']}" for d in found.drift]
    lines += [f"! {finding.words}" for finding in found.findings]
    if found.interrupted:
        lines.append("! an apply was interrupted: run `tocsin apply` again to finish it")
    elif found.drift or any(not finding.by_hand for finding in found.findings):
        lines.append("`tocsin status --fix` shows the plan that repairs it")
    elif found.findings:
        lines.append("apply cannot repair this")
    elif not found.observed:
        lines.append(f"live state: not available for kind {found.kind}")
    elif last:
        lines.append("live state: as released")
    return lines
