"""`tocsin rollback`."""

from __future__ import annotations

import click

from tocsin.cli.environment import (
    Site,
    carry_out,
    finish_interrupted,
    on_input_terminal,
    released,
    say,
    show,
    site_options,
)
from tocsin.cli.output import console, echo_json, format_option
from tocsin.errors import ConfigError
from tocsin.plan import explain
from tocsin.plan import rollback as back
from tocsin.plan.build import Desired


@click.command()
@click.argument("rule", required=False)
@click.option("--to", metavar="N", help="A release; with RULE, a version of it.")
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--yes", is_flag=True, help="Do not ask, even on a terminal.")
@click.option("--approved-by", "approvals", multiple=True, metavar="NAME", help="Record approval.")
@site_options
@format_option("text", "json")
def rollback(  # noqa: PLR0913 - one parameter per option
    site: Site,
    *,
    rule: str | None,
    to: str | None,
    dry_run: bool,
    yes: bool,
    approvals: tuple[str, ...],
    fmt: str,
) -> None:
    """Go back to an older release, or one detection (key, id or prefix) to an older version.

    Without --to, RULE goes to the version before. The stored bytes are deployed, nothing is
    compiled; the way back is itself a new release.
    """
    site.reachable()
    if not dry_run:
        finish_interrupted(site)
    bundle = site.plan(_desired(site, rule, to))
    page = explain.text(bundle.plan)
    if dry_run:
        echo_json(explain.as_json(bundle.plan)) if fmt == "json" else show(page)
        return
    console().print(page, soft_wrap=True)
    release = None
    if bundle.plan.steps:
        if on_input_terminal() and not yes and not click.confirm("Go back?"):
            say("nothing was deployed")
            raise click.exceptions.Exit(1)
        release = carry_out(site, bundle, approvals, None)
        say("the project still holds the newer form: the next plan shows it as a change again")
    if fmt == "json":
        echo_json({"release": release.record if release else None})
    elif release:
        show(released(release))


def _desired(site: Site, rule: str | None, to: str | None) -> Desired:
    if rule:
        return back.to_version(site.ledger, rule, back.number_of(to, "v") if to else None)
    if to:
        return back.to_release(site.ledger, back.number_of(to, "r"))
    raise ConfigError(
        "go back with what, and where?", hint="give --to RELEASE, or a RULE (with --to VERSION)"
    )
