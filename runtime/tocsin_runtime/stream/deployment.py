"""What is deployed: detections with their bytes, and the metadata of their alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tocsin.model.artifact import Artifact
from tocsin.model.detection import Dedup
from tocsin.model.source import Source
from tocsin.release.entry import Entry
from tocsin.release.mute import MutedUntil


@dataclass(frozen=True, slots=True)
class Described:
    """The metadata of a deployed detection. `version` and `release` are 0 if unknown.

    A detection in shadow is evaluated and counted, but raises no alerts.
    """

    id: str
    title: str
    level: str = ""
    description: str = ""
    author: str = ""
    license: str = ""
    owner: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    dedup: Dedup | None = None
    playbook: str = ""
    version: int = 0
    release: int = 0
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class DeployedDetection:
    """One detection in place: its bytes, and its description as the release has it."""

    artifact: Artifact
    described: Described


@dataclass(frozen=True, slots=True)
class ReleasedDetections:
    """All detections of a release; its number is 0 if there never was one.

    `sources`: what events may belong to, where workers are to tell (they are told by topics else).
    `mutes`: until when detections, by id, raise no alerts.
    """

    release: int
    detections: tuple[DeployedDetection, ...]
    sources: tuple[Source, ...] = ()
    mutes: MutedUntil = field(default_factory=dict)


def deployed(entry: Entry, body: bytes, release: int) -> DeployedDetection:
    """A released detection with its bytes, which were checked."""
    artifact = Artifact(
        detection=entry.id,
        key=entry.key,
        backend=entry.backend,
        source=entry.source,
        logic=entry.logic,
        suffix=Path(entry.path).suffix.removeprefix("."),
        body=body,
        sources=entry.sources,
        group_by=entry.group_by,
    )
    return DeployedDetection(artifact, _described(entry, release))


def _described(entry: Entry, release: int) -> Described:
    return Described(
        id=entry.id,
        title=entry.title,
        version=entry.version,
        release=release,
        shadow=entry.mode == "shadow",
        level=entry.level,
        owner=entry.owner,
        status=entry.status,
        tags=entry.tags,
        description=entry.description,
        author=entry.author,
        license=entry.license,
        references=entry.references,
        falsepositives=entry.falsepositives,
        dedup=entry.dedup,
        playbook=entry.playbook,
    )
