"""An environment of a project, opened: its settings, its ledger, its target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.app.ci_run import ci_run
from tocsin.app.signing import ReleaseSigner, not_asked
from tocsin.deploy.folder import folder_of
from tocsin.deploy.local import LocalTarget
from tocsin.deploy.target import Target
from tocsin.errors import ConfigError, LedgerError
from tocsin.front.place import find_project
from tocsin.front.project import read_settings
from tocsin.model.project import Environment
from tocsin.plan.build import Desired, build
from tocsin.plan.judge import judged
from tocsin.plan.steps import Bundle
from tocsin.progress import SILENT, Progress, TimedProgress
from tocsin.release.finding import Finding
from tocsin.release.mute import muted_until
from tocsin.state.git_ledger import GitLedger
from tocsin.state.live import Live
from tocsin.state.release import Release

_AGAIN = "apply writes them again"


@dataclass(frozen=True, slots=True)
class OpenEnvironment:
    """One environment of the project at `root`.

    `target` is None if an address is not known here; `unknown` says which. Then plans are made from
    the ledger alone, and nothing is deployed. `signer` signs releases, if a key is named.
    `ends_at`: the release that somebody says is the last one, whatever is found in place.
    """

    root: Path
    name: str
    settings: Environment
    ledger: GitLedger
    target: Target | None
    unknown: ConfigError | None = None
    progress: Progress = SILENT
    signer: ReleaseSigner | None = None
    remote: str = ""
    ends_at: int | None = None

    def observe(self) -> Live | None:
        """What is deployed, None if it cannot be observed."""
        if self.target is None:
            return None
        with self.progress.stage(f"looking at what runs in {self.name}"):
            live = self.target.observe()
        found = tuple(_unreleased(self.name, live, self.ledger.last()))
        return replace(live, findings=(*live.findings, *found))

    @property
    def interrupted(self) -> bool:
        """Whether an apply was killed before its end."""
        return bool(self.target and self.target.journal.pending())

    def reachable(self) -> Target:
        """The target. Raises ConfigError where its address or the signing key is not known here."""
        if self.target is None:
            raise self.unknown or ConfigError(f"environment {self.name} cannot be reached")
        if self.signer:
            self.signer.ready()
        return self.target

    def plan(self, desired: Desired) -> Bundle:
        """The plan from the current to the desired state."""
        last, live = self.ledger.last(), self.observe()
        self._refuse_lost(last.number if last else 0, live.release if live else 0)
        bundle = build(desired, last, live)
        if self.target is None:
            self.progress.notify(
                f"{self.name} is not observed: {self.unknown.message if self.unknown else ''}"
            )
        if self.target is None or last is None:
            return bundle
        stateful = [entry for entry in last.entries if entry.stateful]
        with self.progress.stage("looking at the state of correlations"):
            return judged(bundle, self.ledger.bodies(last, stateful), self.target.judge)

    def _refuse_lost(self, recorded: int, deployed: int) -> None:
        """Raises LedgerError where releases are gone: a plan would number them anew."""
        if self.ends_at is not None and self.ends_at != recorded:
            raise ConfigError(f"the ledger ends at release {recorded}, not {self.ends_at}")
        if deployed > recorded and self.ends_at is None and not self.interrupted:
            raise LedgerError(
                f"release {deployed} is deployed in {self.name}, "
                f"but the ledger ends at release {recorded}",
                hint=f"fetch the branch tocsin/{self.name}, or bring it back; if it is whole, what "
                f"says so is forged: see docs/trust.md on --ledger-ends-at",
            )


def _unreleased(name: str, live: Live, last: Release | None) -> Iterator[Finding]:
    """What is in place, though no release says so."""
    if last and live.mutes != muted_until(last.mutes):
        yield Finding("mutes-altered", name, "not those of the release", _AGAIN)
    if last and live.release > last.number:
        told = f"release {live.release} is not in the ledger"
        yield Finding("release-unknown", name, told, _AGAIN)


def open_environment(
    name: str,
    project: Path | None = None,
    *,
    remote: str = "",
    resolve: bool = True,
    progress: Progress = SILENT,
) -> OpenEnvironment:
    """Find the project's settings, the environment in them, and its ledger.

    Without `resolve`, no reference in the settings is resolved: they may be those of a pull
    request.
    """
    root, progress = find_project(project or Path()), TimedProgress(progress)
    settings = read_settings(root)
    environment = settings.environment(name)
    key = environment.signing_key
    signer = ReleaseSigner(key, f"`signing_key` of environment {name}") if key else None
    sign = signer if resolve else signer and not_asked
    whose = settings.project.name
    ledger = GitLedger(root, name, project=whose, remote=remote, sign=sign, run=ci_run())
    below = environment.path if environment.kind == "local" else f".tocsin/{name}"
    folder = folder_of(ledger.repository.root, below)
    target, unknown = None, None
    try:
        if not resolve:
            _refuse_references(environment)
        target = _target(
            whose,
            name,
            environment,
            ledger,
            folder,
            signer=signer,
            progress=progress,
        )
    except ConfigError as error:
        unknown = error
    return OpenEnvironment(
        root, name, environment, ledger, target, unknown, progress, signer, remote
    )


def _refuse_references(environment: Environment) -> None:
    for key, reference in environment.references.items():
        raise ConfigError(f"`{key}` is {reference}, which a plan looks up with --resolve only")


def _target(  # noqa: PLR0913 - all that makes one
    project: str,
    name: str,
    environment: Environment,
    ledger: GitLedger,
    folder: Path,
    *,
    signer: ReleaseSigner | None,
    progress: Progress,
) -> Target:
    if environment.kind == "local":
        return LocalTarget(folder, name)
    from tocsin.app.stream_target import open_stream  # noqa: PLC0415 - clients are slow to load

    sign = signer.of_records(project, name) if signer else None
    return open_stream(project, name, environment, ledger, folder, progress=progress, sign=sign)
