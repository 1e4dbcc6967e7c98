"""`tocsin promote`: a form in shadow goes live, if the policy in its file allows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from tocsin.cli.commands.shadow import Watched, in_shadow, watched
from tocsin.cli.environment import (
    Site,
    carry_out,
    finish_interrupted,
    on_input_terminal,
    open_site,
    released,
    say,
    show,
    sound_project,
)
from tocsin.cli.output import console, echo_json, format_option
from tocsin.compile import Refusal
from tocsin.errors import ConfigError
from tocsin.front.project import Project
from tocsin.ir.query import Resolved
from tocsin.model.detection import Promotion
from tocsin.plan import explain
from tocsin.plan import rollback as back
from tocsin.plan.build import Desired
from tocsin.plan.desired import compiled, entry_of
from tocsin.plan.shadow import MARK, Placing
from tocsin.release.entry import Action, Entry


@click.command()
@click.argument("rule")
@click.option("--to", "env", required=True, metavar="ENV", help="Environment in tocsin.toml.")
@click.option("--project", type=click.Path(exists=True, file_okay=False), help="Folder.")
@click.option("--remote", default="", help="Share the ledger's branch through this git remote.")
@click.option("--force", is_flag=True, help="Whatever the policy says; the release records it.")
@click.option("--yes", is_flag=True, help="Do not ask, even on a terminal.")
@click.option("--approved-by", "approvals", multiple=True, metavar="NAME", help="Record approval.")
@format_option("text", "json")
def promote(  # noqa: PLR0913 - one parameter per option
    rule: str,
    *,
    env: str,
    project: str | None,
    remote: str,
    force: bool,
    yes: bool,
    approvals: tuple[str, ...],
    fmt: str,
) -> None:
    """Make the form of RULE that is in shadow live, in place of the live one if there is one.

    `tocsin: {promote: {after: 72h, max_alerts_per_day: 5}}` in its file is the policy. Exit code 1
    if that does not allow it yet. The form must be that of the project as it is now.
    """
    site = open_site(env, Path(project) if project else None, remote)
    site.reachable()
    finish_interrupted(site)
    last = site.ledger.last()
    if last is None:
        raise ConfigError(f"{env} has no release yet")
    entry = in_shadow(last, rule)
    content = sound_project(site.root)
    query = _query(content, entry)
    evidence = {"promotion": "forced"} if force else _allowed(site, rule, query)
    bundle = site.plan(_desired(site, content, query, entry))
    console().print(explain.text(bundle.plan), soft_wrap=True)
    if on_input_terminal() and not yes and not click.confirm("Promote?"):
        say("nothing was deployed")
        raise click.exceptions.Exit(1)
    release = carry_out(site, bundle, approvals, evidence)
    if fmt == "json":
        echo_json({"release": release.record})
    else:
        show(released(release))


def _query(project: Project, entry: Entry) -> Resolved:
    """The detection in the project. Raises ConfigError if it is not what is in shadow."""
    wanted = entry.id.removesuffix(MARK)
    found = [query for query in project.queries if query.detection.id == wanted]
    if not found or found[0].logic != entry.logic:
        raise ConfigError(
            f"{entry.key} v{entry.version} is in shadow, and the project holds another form of it",
            hint="apply first, so that what is promoted is what was watched",
        )
    return found[0]


def _allowed(site: Site, rule: str, query: Resolved) -> dict[str, Any]:
    """What the policy looked at. Ends with exit code 1 if it does not allow the promotion."""
    policy = query.detection.promotion
    if policy is None:
        raise ConfigError(
            f"{query.detection.key} has no policy for its promotion",
            hint="write `tocsin: {promote: {after: 72h, max_alerts_per_day: 5}}`, or give --force",
        )
    seen = watched(site, rule)
    if no := against(policy, seen):
        say(f"{query.detection.key} stays in shadow: {no}")
        raise click.exceptions.Exit(1)
    return {"promotion": {"days": seen.days, "alerts_per_day": seen.alerts_per_day}}


def against(policy: Promotion, seen: Watched) -> str:
    """Why the policy does not allow it yet, empty if it does."""
    if seen.days * 86_400_000 < policy.after_ms:
        return f"{seen.days:.1f} of {policy.after_ms / 86_400_000:.1f} days have passed"
    most = policy.max_alerts_per_day
    if most is not None and seen.alerts_per_day > most:
        return f"{seen.alerts_per_day:.1f} alerts a day, at most {most:g} are allowed"
    return ""


def _desired(site: Site, project: Project, query: Resolved, entry: Entry) -> Desired:
    """The last release, with the form in shadow as the live one."""
    place = Placing("live", promoted=True)
    made = compiled(query, site.environment, place)
    if isinstance(made, Refusal):
        raise ConfigError(made.diagnostic.message)
    live = entry_of(project, query, made, place, entry.version)
    state = back.repair(site.ledger)
    gone = {entry.id, live.id}
    kept = tuple(e for e in state.entries if e.id not in gone)
    return replace(
        state,
        reason=f"promotion of {live.key} v{live.version}",
        entries=(*kept, replace(live, action=Action.UNCHANGED)),
        bodies={**state.bodies, made.digest: made.body},
    )
