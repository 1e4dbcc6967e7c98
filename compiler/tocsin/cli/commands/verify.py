"""`tocsin verify`."""

from __future__ import annotations

from dataclasses import asdict, replace

import click

from tocsin.cli.environment import Site, record_options, show
from tocsin.cli.output import echo_json, format_option
from tocsin.state.verify import Finding, Verdict
from tocsin.state.verify import verify as recompute


@click.command()
@record_options
@format_option("text", "json")
def verify(site: Site, fmt: str) -> None:
    """Recompute every digest of every release, and the chain. Exit code 1 on any tampering."""
    verdict = _with_live(site, recompute(site.ledger))
    if fmt == "json":
        echo_json(asdict(verdict))
    else:
        show("\n".join(_lines(site.name, verdict)))
    if verdict.findings:
        raise click.exceptions.Exit(1)


def _with_live(site: Site, verdict: Verdict) -> Verdict:
    """A ledger that was cut at its newer end is only seen from what runs."""
    live = site.observe()
    if live is None or live.release <= verdict.releases or site.interrupted:
        return verdict
    message = f"release {live.release} is live, but the ledger ends at {verdict.releases}"
    return replace(verdict, findings=(Finding(live.release, "", message), *verdict.findings))


def _lines(name: str, verdict: Verdict) -> list[str]:
    lines = [f"! release {f.release or '?'} {f.commit[:12]}: {f.message}" for f in verdict.findings]
    checked = f"{verdict.releases} releases, {verdict.artifacts} artifacts"
    found = f"{len(lines)} findings" if lines else "every digest and the chain are right"
    return [*lines, f"{name}: {checked}: {found}"]
