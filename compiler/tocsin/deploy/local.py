"""The embedded environment: a folder of artifacts, and `live.json` that says which ones run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tocsin import files, gate
from tocsin.canonical import digest_bytes
from tocsin.deploy import folder
from tocsin.deploy.journal import Journal
from tocsin.deploy.rollout import PlannedStep
from tocsin.deploy.target import Clearing, PlacedStep
from tocsin.errors import ConfigError
from tocsin.ir.stream import WITHOUT_TIME
from tocsin.model.source import Source
from tocsin.plan.steps import Plan
from tocsin.release.entry import Entry, Whole
from tocsin.release.finding import MUTED, Tally
from tocsin.release.local_folder import ARTIFACTS, LAST_RUN, MAX_BYTES, LiveTable
from tocsin.release.mute import NOT_MUTED, MutedUntil
from tocsin.release.state_decision import StateDecision
from tocsin.state.live import Live, LiveArtifact

NONE: Mapping[str, StateDecision] = {}


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    without_time: Whole
    left_out: Mapping[str, Whole]
    muted: Whole = 0


@dataclass(frozen=True, slots=True)
class _Ran:
    """What the report of a worker has of a run."""

    release: Whole
    detections: tuple[_Row, ...]


_RAN = TypeAdapter(_Ran)


class LocalTarget:
    """Files below one folder. Replacing `live.json` atomically is the switch."""

    def __init__(self, place: Path, environment: str) -> None:
        self._folder = place.resolve()
        self._environment = environment
        self._artifacts = self._folder / ARTIFACTS
        self.journal = Journal(self._folder / "journal.json")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Lock out other applies. The folder is, or becomes, the environment's own."""
        with files.held(self._folder / "apply.lock", "apply"):
            folder.claim(self._folder, self._environment)
            yield

    def observe(self) -> Live:
        """Compute the digest of every artifact in place; its mode comes from `live.json`."""
        folder.check(self._folder, self._environment)
        table = self._read_table()
        modes = {entry.path: entry.mode for entry in table.detections}
        found = {}
        for path in files.listed(self._artifacts):
            name = path.relative_to(self._artifacts).as_posix()
            found[name] = LiveArtifact(name, _digest(path), modes.get(name, ""))
        tallies = tuple(self._tallies(table.release))
        return Live(found, table.release, tallies=tallies, mutes=table.mutes)

    def rollout(self, plan: Plan, bodies: Mapping[str, bytes], /) -> list[PlannedStep]:
        """Nothing runs here."""
        del plan, bodies
        return []

    def unattended(self) -> None:
        """No worker has to run: a local one runs when it is called."""

    def judge(self, *_: object) -> None:
        """A local run keeps no state: it sees all its events at once."""

    def place(self, step: PlacedStep, body: bytes) -> None:
        """Write the artifact's file."""
        files.write(self._inside(step.after.path), body)

    def activate(
        self,
        release: int,
        entries: tuple[Entry, ...],
        sources: tuple[Source, ...],
        decisions: Mapping[str, StateDecision] = NONE,
        mutes: MutedUntil = NOT_MUTED,
    ) -> None:
        """Replace `live.json`. There is no state: a local run sees all events at once."""
        del decisions
        # The folder is nobody's source: whoever lists changes of the repository skips it.
        files.write(self._folder / ".gitignore", b"*\n")
        LiveTable(self._environment, release, sources, entries, mutes).write(self._folder)

    def clear(self, step: Clearing) -> None:
        """Delete the artifact's file."""
        if step.path:
            files.remove(self._inside(step.path), self._artifacts)

    def _inside(self, path: str) -> Path:
        """The file of an artifact; ConfigError for a path that leaves the folder."""
        place = self._artifacts / path
        # The folder is resolved, not the file: a link put in the file's place is replaced.
        inside = place.parent.resolve().is_relative_to(self._artifacts)
        if not inside or not path or ".." in place.parts:
            raise ConfigError(f"artifact path {path!r} leaves {self._artifacts}")
        return place

    def _tallies(self, release: int) -> Iterator[Tally]:
        """What the last run of this release left out; of what cannot be read nothing is known."""
        with suppress(gate.UnreadError, ValidationError):
            ran = _RAN.validate_python(gate.read_json(self._folder / LAST_RUN, MAX_BYTES))
            for row in ran.detections if ran.release == release else ():
                counted = Counter(row.left_out)
                counted[WITHOUT_TIME] += row.without_time
                counted[MUTED] += row.muted
                yield from (Tally(row.key, why, events) for why, events in (+counted).items())

    def _read_table(self) -> LiveTable:
        """The table; an unreadable one is like none, so that plans show drift and repair it."""
        try:
            return LiveTable.read(self._folder)
        except gate.UnreadError:
            return LiveTable(self._environment, 0, (), ())


def _digest(path: Path) -> str:
    """Digest of a file's bytes; empty, equal to no digest, if it cannot be read."""
    try:
        return digest_bytes(gate.read(path, MAX_BYTES))
    except gate.UnreadError:
        return ""
