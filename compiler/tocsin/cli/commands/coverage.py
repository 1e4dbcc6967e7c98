"""`tocsin coverage`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tocsin.app.coverage import SiteRequest, history_of, write_site
from tocsin.app.environment import open_environment
from tocsin.cli.options import env_option, project_option, remote_option
from tocsin.cli.output import echo_json, format_option, say, show
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.progress import progress
from tocsin.errors import ConfigError
from tocsin.plural import plural
from tocsin.site.exports.samples import SamplePlan
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import History

_FILE = GivenPath(folder=False)


@click.command()
@click.option(
    "--out",
    required=True,
    type=WrittenPath(file=False),
    help="Folder to write the site to.",
)
@env_option
@click.option("--at", default="", metavar="DATE", help="Show what was there at this date (UTC).")
@click.option("--from", "begin", default="", metavar="DATE", help="Begin of the period (UTC).")
@click.option("--to", "end", default="", metavar="DATE", help="End of the period (UTC).")
@click.option("--trust", type=_FILE, help="The trust file: whose signatures count.")
@click.option(
    "--key", default="", metavar="KEY", help="Sign the site with this: env:NAME, or a file."
)
@click.option("--pdf", is_flag=True, help="Add the report of the period as PDF (tocsin[pdf]).")
@click.option(
    "--sample",
    "number",
    type=click.IntRange(min=1),
    help="Draw so many changes of the period, each with its whole chain on one page.",
)
@click.option("--noise", type=_FILE, help="Add what `tocsin noise --format json` wrote.")
@click.option("--seed", default="", metavar="TEXT", help="What --sample draws with: yours.")
@project_option
@remote_option
@format_option("text", "json")
def coverage(  # noqa: PLR0913 - one parameter an option
    *,
    out: Path,
    env: str,
    at: str,
    begin: str,
    end: str,
    trust: Path | None,
    key: str,
    pdf: bool,
    number: int | None,
    noise: Path | None,
    seed: str,
    project: Path | None,
    remote: str,
    fmt: str,
) -> None:
    """Write a site that answers auditors what was live when, and how it came about.

    It is made from the ledger of the environment alone: from its first release to the last thing on
    record, or to the date given. `tocsin verify OUT` checks it later.
    """
    if bool(number) != bool(seed):
        raise ConfigError("--sample and --seed go together", hint="--sample 25 --seed 2026-Q1")
    opened = open_environment(env, project, remote=remote, resolve=False, progress=progress())
    sample = SamplePlan(number, seed) if number else None
    request = SiteRequest(AskedPeriod(at, begin, end), trust, key, pdf, sample, noise)
    history = history_of(opened, request)
    written = write_site(opened, history, out, request)
    if fmt == "json":
        echo_json({"index": str(out / "index.html"), "files": written, **_figures(history)})
    else:
        show("\n".join(_lines(history, written)))
        say(f"open {out / 'index.html'}")


def _figures(history: History) -> dict[str, Any]:
    states = [each.state for each in history.detections]
    last, known = history.releases[-1], history.attack.attack
    return {
        "project": history.project,
        "environment": history.environment,
        "begin": history.period.begin,
        "end": history.period.end,
        "release": last.number,
        "attack": known.version if known else None,
        "live": states.count("live"),
        "shadow": states.count("shadow"),
        "muted": states.count("muted"),
        "absent": states.count("absent"),
        "techniques": sum(1 for t in history.techniques if t.live and "." not in t.id),
        "record": history.evidence.standing.verdict,
        "findings": len(history.evidence.findings or ()),
    }


def _lines(history: History, number: int) -> list[str]:
    told = _figures(history)
    attack = f" · ATT&CK v{told['attack']}" if told["attack"] else ""
    states = ", ".join(f"{told[state]} {state}" for state in ("shadow", "muted", "absent"))
    live, techniques = plural(told["live"], "detection"), plural(told["techniques"], "technique")
    found, standing = plural(told["findings"], "finding"), history.evidence.standing
    wrong = "invalid: " if standing.verdict == "invalid" else ""
    return [
        f"{told['project']} · {told['environment']}, release {told['release']}{attack}",
        f"{live} live ({states}) · {techniques}",
        f"record: {wrong}{standing.words}; {found}",
        plural(number, "file"),
    ]
