"""`tocsin verify`."""

from __future__ import annotations

from dataclasses import asdict

import click

from tocsin.app.environment import OpenEnvironment
from tocsin.app.verify import verify_environment
from tocsin.cli.options import record_options
from tocsin.cli.output import echo_json, format_option, show
from tocsin.plural import plural
from tocsin.state.verify import LedgerReport


@click.command()
@record_options
@format_option("text", "json")
def verify(opened: OpenEnvironment, fmt: str) -> None:
    """Recompute every digest and the chain of releases. Exit code 1 on any tampering."""
    with opened.progress.stage("checking every release"):
        verdict = verify_environment(opened)
    if fmt == "json":
        echo_json(asdict(verdict))
    else:
        show("\n".join(_lines(opened.name, verdict)))
    if verdict.findings:
        raise click.exceptions.Exit(1)


def _lines(name: str, verdict: LedgerReport) -> list[str]:
    lines = [f"! release {f.release or '?'} {f.commit[:12]}: {f.message}" for f in verdict.findings]
    checked = f"{plural(verdict.releases, 'release')}, {plural(verdict.artifacts, 'artifact')}"
    found = plural(len(lines), "finding") if lines else "all digests and the chain are intact"
    return [*lines, f"{name}: {checked}: {found}"]
