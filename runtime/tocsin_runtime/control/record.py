"""The release record and its detections, from the records of a control topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.release.entry import Entry
from tocsin.release.keys import RELEASE, artifact_key
from tocsin.release.mute import NOT_MUTED, MutedUntil
from tocsin.release.record import REPAIR, ReleaseRecord
from tocsin_runtime.control.reader import missing
from tocsin_runtime.stream.deployment import DeployedDetection, ReleasedDetections, deployed


def release_record(records: Mapping[str, bytes], topic: str) -> ReleaseRecord:
    """The record of the release.

    Raises ConfigError if there is none, it is damaged, or it is of another environment.
    """
    data = records.get(RELEASE)
    if data is None:
        raise missing(topic)
    record = ReleaseRecord.decode(data)
    if not topic.endswith(f".{record.environment}"):
        raise ConfigError(
            f"the release record of {topic} belongs to environment {record.environment}",
            hint=REPAIR,
        )
    return record


def deployment(
    release: int,
    detections: Iterable[Entry],
    records: Mapping[str, bytes],
    mutes: MutedUntil = NOT_MUTED,
) -> ReleasedDetections:
    """These detections with their bytes among the records of a control topic.

    Raises ConfigError if an artifact is missing or not what was released.
    """
    found = tuple(_found(each, release, records) for each in detections)
    return ReleasedDetections(release, found, mutes=mutes)


def _found(entry: Entry, release: int, records: Mapping[str, bytes]) -> DeployedDetection:
    body = records.get(artifact_key(entry.artifact))
    if body is None:
        raise _lost(entry, "is missing")
    if digest_bytes(body) != entry.artifact:
        raise _lost(entry, "is not what was released")
    return deployed(entry, body, release)


def _lost(entry: Entry, why: str) -> ConfigError:
    return ConfigError(
        f"artifact {entry.artifact[:12]} of {entry.key} {why} in the control topic", hint=REPAIR
    )
