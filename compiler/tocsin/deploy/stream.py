"""Stream environments: records say what runs, and fleets of workers and jobs run it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tocsin import fault, files
from tocsin.backend.records import RecordStore
from tocsin.backend.streaming import Fleet, Rollout, StreamEnvironment, UnhealthyError
from tocsin.canonical import digest_bytes
from tocsin.deploy import registry
from tocsin.deploy.journal import Journal
from tocsin.deploy.publisher import RecordPublisher, SignRecord
from tocsin.deploy.rollout import PlannedStep, carry_back, carry_out, rollout_steps
from tocsin.deploy.schemas import TOPICS
from tocsin.deploy.target import Clearing, PlacedStep
from tocsin.errors import ConfigError
from tocsin.model.source import Source
from tocsin.plan.steps import Plan
from tocsin.progress import SILENT, Progress
from tocsin.release.entry import Action, Entry
from tocsin.release.finding import Finding, Tally
from tocsin.release.keys import ARTIFACT, RELEASE, artifact_key
from tocsin.release.mute import NOT_MUTED, MutedUntil
from tocsin.release.record import ReleaseRecord
from tocsin.release.state_decision import StateDecision
from tocsin.state.live import Live, LiveArtifact

NONE: Mapping[str, StateDecision] = {}


@dataclass(frozen=True, slots=True)
class Released:
    """What the ledger says should run, with its bytes by digest."""

    entries: tuple[Entry, ...] = ()
    bodies: Mapping[str, bytes] | None = None


class Watch(Protocol):
    """Monitors Tocsin's own workers, which raise the alerts of an environment."""

    def ready(self) -> None:
        """Create the topics that they write to."""

    def missing(self) -> Finding | None:
        """The finding that no worker makes alerts, if none does."""

    def look(
        self, entries: Sequence[Entry], bodies: Mapping[str, bytes]
    ) -> tuple[list[Finding], list[Tally]]:
        """Where they differ from what these released detections need, and what was not counted."""


class NoWorkers:
    """For environments in which the backend also raises the alerts."""

    def ready(self) -> None:
        """Nothing is to be made."""

    def missing(self) -> None:
        """No worker is needed."""

    def look(self, *_: object) -> tuple[list[Finding], list[Tally]]:
        """Fleets tell all that there is."""
        return [], []


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of an environment. `fleets`: by backend; `sign`: signs records."""

    store: RecordStore
    fleets: Mapping[str, Fleet]
    watch: Watch
    sign: SignRecord | None = None


class StreamTarget:
    """One stream environment. `folder` is this machine's, for lock and journal.

    `released` asks the ledger.
    """

    def __init__(
        self,
        environment: StreamEnvironment,
        parts: Parts,
        released: Callable[[], Released],
        folder: Path,
        progress: Progress = SILENT,
    ) -> None:
        self._environment = environment.environment
        self._registry = environment.registry
        self._store, self._fleets, self._watch = parts.store, parts.fleets, parts.watch
        self._sign = parts.sign
        self._released = released
        self._folder = folder
        self._progress = progress
        self._placed: dict[str, bytes] = {}
        self.journal = Journal(folder / "journal.json")

    def hold(self) -> AbstractContextManager[None]:
        """Lock out other applies on this machine; one elsewhere is fenced off."""
        return files.held(self._folder / "apply.lock", "apply")

    # --- looking ----------------------------------------------------------------------------------

    def observe(self) -> Live:
        """The record of the release with its artifacts, and how workers and jobs differ from it."""
        records = self._store.records()
        table = self._table(records)
        rows = {entry.path: entry for entry in table.detections}
        named = {artifact_key(entry.artifact) for entry in rows.values()}
        found = {
            path: LiveArtifact(path, digest_bytes(body), entry.mode)
            for path, entry in rows.items()
            if (body := records.get(artifact_key(entry.artifact))) is not None
        }
        strange = {
            key: LiveArtifact(key, digest_bytes(records[key]))
            for key in records
            if key.startswith(ARTIFACT) and key not in named
        }
        artifacts, released = {**found, **strange}, self._released()
        if not released.entries:
            return Live(artifacts, table.release, mutes=table.mutes)
        findings, tallies = self._watch.look(released.entries, released.bodies or {})
        findings = [*self._findings(table, released), *findings, *self._fleets_say(released)]
        return Live(artifacts, table.release, tuple(findings), tuple(tallies), table.mutes)

    def judge(self, backend: str, before: bytes, after: bytes, wish: str) -> StateDecision:
        """What happens to the state of a correlation whose artifact changes."""
        return self._fleet(backend).judge(before, after, wish)

    def rollout(self, plan: Plan, bodies: Mapping[str, bytes], /) -> list[PlannedStep]:
        """The steps of activating a plan's result."""
        last = self._released()
        both = {**(last.bodies or {}), **bodies}
        move = Rollout(plan.base_number + 1, last.entries, plan.result, both, plan.decisions)
        return rollout_steps(move, self._fleets_of(move))

    def unattended(self) -> Finding | None:
        """That no worker is running, if none is."""
        return self._watch.missing()

    def _findings(self, table: ReleaseRecord, released: Released) -> Iterator[Finding]:
        """Where the records and the registry differ from the release."""
        cure = "apply writes it again"
        if wrong := self._store.altered():
            yield Finding("control-altered", self._store.name, wrong, cure)
        if table.canary or _plain(table.detections) != _plain(released.entries):
            what = "a canary is running" if table.canary else "it does not match the last release"
            yield Finding("release-altered", self._store.name, what, cure)
        if self._registry:
            yield from registry.findings(self._registry, TOPICS)

    def _fleets_say(self, released: Released) -> Iterator[Finding]:
        """Where fleets differ from it."""
        for backend in sorted({entry.backend for entry in released.entries}):
            own = [entry for entry in released.entries if entry.backend == backend]
            yield from self._fleet(backend).findings(own, released.bodies or {})

    # --- changing ---------------------------------------------------------------------------------

    def place(self, step: PlacedStep, body: bytes) -> None:
        """Collect the bytes; they are written together when the release is activated."""
        self._placed[artifact_key(step.after.artifact)] = body

    def activate(
        self,
        release: int,
        entries: tuple[Entry, ...],
        sources: tuple[Source, ...] = (),
        decisions: Mapping[str, StateDecision] = NONE,
        mutes: MutedUntil = NOT_MUTED,
    ) -> None:
        """Move all fleets to these detections, or back to the previous ones."""
        del sources  # each artifact has what it needs of them
        for name in _backends(entries):  # before anything is written
            self._fleet(name)
        if self._registry:
            registry.register(self._registry, TOPICS)
        self._watch.ready()
        self._store.put(self._placed)
        fault.point("artifacts-written")
        records = self._store.records()
        table = self._table(records)
        before = table.before(release)
        bodies = {
            key.removeprefix(ARTIFACT): body
            for key, body in records.items()
            if key == artifact_key(digest_bytes(body))  # whoever else writes there deploys nothing
        }
        rollout = Rollout(release, before, entries, bodies, decisions, mutes)
        fleets = self._fleets_of(rollout)
        publisher = RecordPublisher(self._store, rollout, table, self._sign)
        try:
            carry_out(rollout, fleets, publisher, self._progress)
        except UnhealthyError:
            with self._progress.stage(f"going back to release {release - 1}"):
                carry_back(rollout, fleets, publisher, self._progress)
            self._sweep(before)
            raise
        self._sweep(entries)
        self._placed.clear()

    def clear(self, step: Clearing) -> None:
        """Nothing: artifacts that no release uses are removed when a release is activated."""

    def _sweep(self, entries: Sequence[Entry]) -> None:
        """Delete the artifacts that these detections do not need."""
        needed = {artifact_key(entry.artifact) for entry in entries}
        keys = [key for key in self._store.records() if key.startswith(ARTIFACT)]
        self._store.put(dict.fromkeys(key for key in keys if key not in needed))

    # --- parts ------------------------------------------------------------------------------------

    def _fleets_of(self, rollout: Rollout) -> list[tuple[str, Fleet]]:
        """Those that a rollout concerns; where nothing comes any more, last."""
        come, go = _backends(rollout.after), _backends(rollout.before)
        return [(name, self._fleet(name)) for name in dict.fromkeys((*come, *go))]

    def _fleet(self, backend: str) -> Fleet:
        if backend not in self._fleets:
            known = ", ".join(sorted(self._fleets)) or "none"
            raise ConfigError(
                f"backend {backend} cannot run in this environment",
                hint=f"backends that can: {known}; set `backend` or `gateway` in tocsin.toml",
            )
        return self._fleets[backend]

    def _table(self, records: Mapping[str, bytes]) -> ReleaseRecord:
        """The record; an unreadable one is like none, so that plans show drift and repair it."""
        try:
            return ReleaseRecord.decode(records[RELEASE])
        except (KeyError, ConfigError):
            return ReleaseRecord(self._environment, 0)


def _backends(entries: Sequence[Entry]) -> list[str]:
    return sorted({entry.backend for entry in entries})


def _plain(entries: Sequence[Entry]) -> dict[str, Entry]:
    """By id, without what a release did to them."""
    return {entry.id: replace(entry, action=Action.UNCHANGED) for entry in entries}
