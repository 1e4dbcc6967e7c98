"""`tocsin verify`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from tocsin.app.attempts import record_verified
from tocsin.app.environment import OpenEnvironment, open_environment
from tocsin.app.verify import Against, verify_environment
from tocsin.app.verify_site import SiteReport, verify_site
from tocsin.cli import completion
from tocsin.cli.options import project_option, remote_option
from tocsin.cli.output import echo_json, format_option, show
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.progress import progress
from tocsin.errors import ConfigError
from tocsin.plural import plural
from tocsin.state.verify import LedgerReport


@click.command()
@click.argument("site", required=False, type=GivenPath(exists=True, file=False))
@click.option(
    "--env",
    default="",
    metavar="ENV",
    shell_complete=completion.environments,
    help="Environment whose ledger is checked.",
)
@project_option
@remote_option
@click.option("--record", is_flag=True, help="Record the result in the ledger.")
@click.option(
    "--trust", type=GivenPath(folder=False), help="The trust file: whose signatures count."
)
@click.option(
    "--checkpoint",
    type=WrittenPath(folder=False),
    help="Compare with where the ledger was, as this file says, then write where it is; keep the "
    "file elsewhere.",
)
@click.option(
    "--key", default="", metavar="KEY", help="Sign the checkpoint with this: env:NAME, or a file."
)
@format_option("text", "json")
def verify(  # noqa: PLR0913 - one parameter per option
    *,
    site: Path | None,
    env: str,
    project: Path | None,
    remote: str,
    trust: Path | None,
    checkpoint: Path | None,
    key: str,
    record: bool,
    fmt: str,
) -> None:
    """Check every release: digests, chain, clocks; with --trust, signatures, too.

    With SITE, check a folder that `tocsin coverage --env` wrote instead: every file, its signature,
    and in the project also whether its ledger is the one that is here.

    Without --trust nothing is proven: whoever rewrites the whole branch, or a site, makes new
    digests.

    Exit code 1 on any finding.
    """
    if site:
        if env or checkpoint or key or record:
            raise ConfigError(
                "a SITE is checked with --trust, --project and --remote only",
                hint="its environment stands in it",
            )
        _of_site(verify_site(site, trust, project, remote), fmt)
        return
    if not env:
        raise ConfigError("say what to verify: --env ENV, or the folder of a site")
    if key and not checkpoint:
        raise ConfigError("--key signs the file of --checkpoint, and none is given")
    opened = open_environment(env, project, remote=remote, resolve=False, progress=progress())
    _of_ledger(opened, Against(trust, checkpoint, key), fmt, record=record)


def _of_ledger(opened: OpenEnvironment, against: Against, fmt: str, *, record: bool) -> None:
    with opened.progress.stage("checking every release"):
        report = verify_environment(opened, against)
    if fmt == "json":
        echo_json({"verdict": report.verdict, **asdict(report)})
    else:
        show("\n".join(_lines(opened.name, report)))
    if record:
        record_verified(opened, report)
    if report.findings:
        raise click.exceptions.Exit(1)


def _of_site(report: SiteReport, fmt: str) -> None:
    if fmt == "json":
        echo_json({"verdict": report.verdict, **asdict(report)})
    else:
        show("\n".join(_site_lines(report)))
    if report.findings:
        raise click.exceptions.Exit(1)


def _site_lines(report: SiteReport) -> Iterator[str]:
    yield from (f"! {found}" for found in report.findings)
    name = f"{report.environment or 'site'}: {plural(report.files, 'file')}"
    if report.findings:
        yield f"{name}: {plural(len(report.findings), 'finding')}"
    else:
        proven = f"proven: signed by {report.by}" if report.by else f"unproven: {report.why}"
        yield f"{name}: all as in the manifest; {proven}"
    if report.ledger:
        yield f"ledger: {report.ledger}"


def _lines(name: str, report: LedgerReport) -> Iterator[str]:
    for found in report.findings:
        yield f"! release {found.release or '?'} {found.commit[:12]}: {found.message}"
    checked = f"{plural(report.releases, 'release')}, {plural(report.artifacts, 'artifact')}"
    checked += f", {plural(report.events, 'event')}" if report.events else ""
    if report.findings:
        yield f"{name}: {checked}: {plural(len(report.findings), 'finding')}"
    else:
        yield f"{name}: {checked}: digests and chain fit; {_proven(report)}"


def _proven(report: LedgerReport) -> str:
    proven = [proof for proof in report.proofs if proof.proven]
    why = ", ".join(sorted({proof.why for proof in report.proofs if not proof.proven}))
    if not proven:
        return f"unproven: {why or 'there is no release'}"
    if why:
        return f"proven from release {proven[-1].release} on; what is older is unproven: {why}"
    return f"proven: signed by {', '.join(sorted({proof.by for proof in proven}))}"
