"""The checkpoints and savepoints of a generation: the newest, and those that may go."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin_flink_sql.state.storage import Generation

MAGIC = 0x4960672D
"""First four bytes of a snapshot's metadata; then its form (4 bytes) and number (8 bytes)."""
_HEAD = struct.Struct(">iiq")


@dataclass(frozen=True, slots=True, order=True)
class Snapshot:
    """A completed one; the newer one is greater.

    Flink counts checkpoints and savepoints of a job as one, and goes on counting in a job that is
    restored, so `number` orders the snapshots of all versions. `owner` is the folder that is
    deleted with it: a savepoint's own, or that of the job that made the checkpoint.
    """

    number: int
    modified_ns: int
    folder: Path
    owner: Path

    @property
    def uri(self) -> str:
        """As Flink takes it."""
        return self.folder.absolute().as_uri()


def snapshots(generation: Generation) -> list[Snapshot]:
    """All completed ones, newest first."""
    return sorted(_found(generation), reverse=True)


def prune(generation: Generation, keep: int, jobs: Collection[str]) -> None:
    """Delete all but the newest ones.

    What these `jobs` (ids) made stays: Flink itself deletes the old ones of a running job.
    """
    owners = list(dict.fromkeys(each.owner for each in snapshots(generation)))
    for owner in owners[keep:]:
        if owner.name not in jobs:
            shutil.rmtree(owner, ignore_errors=True)


def _found(generation: Generation) -> Iterator[Snapshot]:
    for metadata in generation.savepoints.glob("*/_metadata"):
        yield from _snapshot(metadata, metadata.parent)
    for metadata in generation.checkpoints.glob("*/*/_metadata"):
        yield from _snapshot(metadata, metadata.parent.parent)


def _snapshot(metadata: Path, owner: Path) -> Iterator[Snapshot]:
    """The one of this file, unless it has been deleted or is not whole."""
    try:
        with metadata.open("rb") as file:
            head = file.read(_HEAD.size)
        modified = metadata.stat().st_mtime_ns
    except OSError:
        return
    if len(head) == _HEAD.size:
        magic, _, number = _HEAD.unpack(head)
        if magic == MAGIC:
            yield Snapshot(number, modified, metadata.parent, owner)
