"""What the commands of an environment share: its options, its ledger, its target."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from tocsin.check import run_checks
from tocsin.cli.output import Terminal, console, print_diagnostics
from tocsin.deploy.apply import apply, resume
from tocsin.deploy.folder import folder_of
from tocsin.deploy.journal import Order
from tocsin.deploy.local import LocalTarget
from tocsin.deploy.target import Target
from tocsin.diagnostics import has_errors
from tocsin.errors import ConfigError
from tocsin.front.project import Project, find_project, load_project, read_settings
from tocsin.model.project import Environment
from tocsin.plan.build import Desired, build
from tocsin.plan.desired import completed, wanted
from tocsin.plan.judge import judged
from tocsin.plan.steps import Bundle
from tocsin.state.git_ledger import GitLedger
from tocsin.state.live import Live
from tocsin.state.lock import read_lock
from tocsin.state.release import Release


@dataclass(frozen=True, slots=True)
class Site:
    """One environment of one project, with its ledger.

    `target` is None where an address is not known here, which `unknown` tells: then plans are made
    from the ledger alone, and nothing is deployed.
    """

    root: Path
    name: str
    environment: Environment
    ledger: GitLedger
    target: Target | None
    unknown: ConfigError | None = None

    def observe(self) -> Live | None:
        """What is in place, None where it cannot be observed."""
        return self.target.observe() if self.target else None

    @property
    def interrupted(self) -> bool:
        """Whether an apply was killed before its end."""
        return bool(self.target and self.target.journal.pending())

    def reachable(self) -> Target:
        """The target. Raises ConfigError where its address is not known here."""
        if self.target is None:
            raise self.unknown or ConfigError(f"environment {self.name} cannot be reached")
        return self.target

    def plan(self, desired: Desired) -> Bundle:
        """The way from here to the desired state."""
        last = self.ledger.last()
        bundle = build(desired, last, self.observe())
        if self.target is None:
            say(f"{self.name} is not observed: {self.unknown.message if self.unknown else ''}")
        if self.target is None or last is None:
            return bundle
        stateful = [entry for entry in last.entries if entry.stateful]
        return judged(bundle, self.ledger.bodies(last, stateful), self.target.judge)


def open_site(env: str, project: Path | None, remote: str, *, resolve: bool = True) -> Site:
    """Find the project's settings, the environment in them, and its ledger.

    Not to `resolve`: nothing is looked up that the settings, perhaps of a pull request, refer to.
    """
    root = find_project(project or Path())
    settings = read_settings(root)
    if env not in settings.environments:
        known = ", ".join(settings.environments) or "none"
        raise ConfigError(f"no environment {env!r}", hint=f"environments: {known}")
    environment = settings.environments[env]
    ledger = GitLedger(root, env, project=settings.project.name, remote=remote)
    below = environment.path if environment.kind == "local" else f".tocsin/{env}"
    folder = folder_of(ledger.repository.root, below)
    try:
        if not resolve:
            _refuse_references(environment)
        target = _target(settings.project.name, env, environment, ledger, folder)
    except ConfigError as unknown:
        return Site(root, env, environment, ledger, None, unknown)
    return Site(root, env, environment, ledger, target)


def _refuse_references(environment: Environment) -> None:
    for key, reference in environment.references.items():
        raise ConfigError(f"`{key}` is {reference}, which a plan looks up with --resolve only")


def _target(
    project: str, env: str, environment: Environment, ledger: GitLedger, folder: Path
) -> Target:
    if environment.kind == "local":
        return LocalTarget(folder, env)
    from tocsin.app.stream_target import open_stream  # noqa: PLC0415 - clients are slow to load

    return open_stream(project, env, environment, ledger, folder)


def site_options(command: Callable[..., None], *, resolve: bool = True) -> Callable[..., None]:
    """`--env`, `--project`, `--remote`: the command gets them as one Site.

    `resolve`: whether references in the settings are looked up, where it has no `--resolve`.
    """

    @click.option("--env", required=True, metavar="ENV", help="Environment in tocsin.toml.")
    @click.option(
        "--project",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of the project; found from the current folder by default.",
    )
    @click.option("--remote", default="", help="Share the ledger's branch through this git remote.")
    @wraps(command)
    def opened(env: str, project: Path | None, remote: str, **options: Any) -> None:
        looked_up = options.pop("resolve", resolve)
        command(open_site(env, project, remote, resolve=looked_up), **options)

    return opened


record_options = partial(site_options, resolve=False)
"""The same for commands that only read the ledger."""


def sound_project(root: Path) -> Project:
    """The project, if it has no errors; otherwise they are printed and the command ends with 1."""
    project = load_project(root)
    found = sorted((*project.diagnostics, *run_checks(project)), key=lambda d: d.sort_key)
    if has_errors(found):
        print_diagnostics(found, err=True)
        raise click.exceptions.Exit(1)
    return project


def project_plan(site: Site) -> Bundle:
    """The plan towards what the project holds now."""
    project = sound_project(site.root)
    source = site.ledger.repository.revision(site.root)
    last = site.ledger.last()
    desired = wanted(project, site.name, read_lock(site.root), last, source)
    return site.plan(completed(desired, site.ledger))


def finish_interrupted(site: Site) -> Release | None:
    """Before anything new, finish what an earlier apply was killed in; the release it became."""
    target = site.reachable()
    if not site.interrupted:
        return None
    release = resume(target, site.ledger)
    if release:
        say(f"an interrupted apply was finished: release {release.number}")
    else:
        say("an interrupted apply was dropped: another release came first")
    return release


def carry_out(site: Site, bundle: Bundle, approvals: tuple[str, ...], evidence: Any) -> Release:
    """Apply a plan in the name of the person that git knows."""
    order, target = Order(bundle, site.ledger.who(), approvals, evidence), site.reachable()
    release = apply(order, target, site.ledger)
    if idle := target.unattended():
        say(f"warning: {idle.words}")
    return release


def released(release: Release) -> str:
    """One line on a release that was just made."""
    done = " · ".join(f"{n} {action}" for action, n in release.counts.items())
    return f"release {release.number} of {release.environment} ({release.commit[:7]}): {done}"


def on_input_terminal() -> bool:
    """Whether someone is there to answer a question."""
    return sys.stdin.isatty()


def say(message: str) -> None:
    """A note for people, on stderr."""
    console().print(message, soft_wrap=True)


def show(page: Text | str) -> None:
    """A result on stdout: lines are never cut, colours only on a terminal."""
    Terminal().print(page, soft_wrap=True)
