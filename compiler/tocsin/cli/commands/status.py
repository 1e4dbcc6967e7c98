"""`tocsin status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tocsin.cli.commands.plan import print_plan
from tocsin.cli.environment import Site, say, show, site_options
from tocsin.cli.output import echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.plan import rollback as back
from tocsin.plan import saved
from tocsin.plan.build import drift_of, foreign_paths
from tocsin.release.finding import Finding, Tally
from tocsin.state.live import Live
from tocsin.state.release import Release


@click.command()
@site_options
@click.option("--fix", is_flag=True, help="Show the plan that mends it instead.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --fix: save that plan for `apply --plan`.",
)
@format_option("text", "json")
def status(site: Site, *, fix: bool, out: Path | None, fmt: str) -> None:
    """What is deployed, and whether it still runs as it was released.

    Exit code 1 on drift, where no worker makes alerts, or after an interrupted apply.
    """
    if fix:
        _mend(site, out, fmt)
        return
    if out:
        raise ConfigError("--out is for the plan of --fix")
    last, live = site.ledger.last(), site.observe()
    found, findings = drift(last, live), live.findings if live else ()
    report = {
        "environment": site.name,
        "kind": site.environment.kind,
        "observed": live is not None,
        "interrupted": site.interrupted,
        "drift": found,
        "findings": [asdict(finding) for finding in findings],
        "tallies": [asdict(tally) for tally in live.tallies] if live else [],
        "release": last.record if last else None,
    }
    if fmt == "json":
        echo_json(report)
    else:
        tallies = live.tallies if live else ()
        show("\n".join([*_lines(site, last, report, findings), *map(_tally, tallies)]))
    if found or findings or site.interrupted:
        raise click.exceptions.Exit(1)


def _tally(tally: Tally) -> str:
    return f"  {tally.words}"


def _mend(site: Site, out: Path | None, fmt: str) -> None:
    """The plan from what is there back to the last release."""
    bundle = site.plan(back.repair(site.ledger))
    print_plan(bundle.plan, fmt)
    if out:
        saved.write(bundle, out)
        say(f"saved to {out}: `tocsin apply --env {site.name} --plan {out}` deploys exactly this")


def drift(last: Release | None, live: Live | None) -> list[dict[str, str]]:
    """Where the live state is not what the last release put there."""
    entries = {e.id: e for e in last.entries} if last else {}
    found = [
        {"key": e.key, "path": e.path, "drift": str(what)}
        for e in entries.values()
        if (what := drift_of(e, live))
    ]
    return found + [
        {"key": "", "path": path, "drift": "foreign"} for path in foreign_paths(entries, live)
    ]


def _lines(
    site: Site, last: Release | None, report: dict[str, Any], findings: Sequence[Finding]
) -> list[str]:
    if last is None:
        lines = [f"{site.name}: no release yet"]
    else:
        made = f"{last.made} by {last.who}, source {last.source}"
        lines = [f"{site.name}: release {last.number}, {len(last.entries)} detections, {made}"]
        places = Counter((e.backend, e.source, e.mode) for e in last.entries)
        lines += [f"  {b} {s}: {n} {mode}" for (b, s, mode), n in sorted(places.items())]
    lines += [f"! {d['drift']}: {d['key'] or d['path']}" for d in report["drift"]]
    lines += [f"! {finding.words}" for finding in findings]
    if report["interrupted"]:
        lines.append("! an apply was interrupted: run `tocsin apply` again to finish it")
    elif report["drift"] or any(not finding.by_hand for finding in findings):
        lines.append("`tocsin status --fix` shows the plan that repairs it")
    elif findings:
        lines.append("no apply mends that")
    elif not report["observed"]:
        lines.append(f"live state: not observed for kind {site.environment.kind}")
    else:
        lines.append("live state: as released")
    return lines
