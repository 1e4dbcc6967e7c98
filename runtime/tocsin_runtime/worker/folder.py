"""What is deployed in a folder: `live.json` and the artifacts it names."""

from __future__ import annotations

from pathlib import Path

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.release.entry import Entry
from tocsin.release.local_folder import ARTIFACTS, MAX_BYTES, LiveTable
from tocsin.release.record import REPAIR
from tocsin_runtime.stream.deployment import DeployedDetection, ReleasedDetections, deployed


def read_deployment(folder: Path, environment: str) -> ReleasedDetections:
    """The deployment of an environment in its folder.

    Raises:
        ConfigError: nothing was deployed there, or an artifact is missing or not what was released.
    """
    try:
        table = LiveTable.read(folder)
    except gate.MissingError:
        raise ConfigError(
            f"nothing is deployed in {folder}", hint="deploy with `tocsin apply --env ENV`"
        ) from None
    except gate.UnreadError as error:
        raise _damaged(error.path, error.reason) from None
    if table.environment != environment:
        raise _other(folder, table.environment, environment)
    place = folder / ARTIFACTS
    detections = tuple(_read(place, entry, table.release) for entry in table.detections)
    return ReleasedDetections(table.release, detections, table.sources, table.mutes)


def _damaged(path: Path, why: str) -> ConfigError:
    return ConfigError(f"{path} cannot be read: {why}", hint=REPAIR)


def _other(folder: Path, found: str, expected: str) -> ConfigError:
    return ConfigError(
        f"{folder} belongs to environment {found}, not to {expected}",
        hint="give each environment in tocsin.toml a `path` of its own",
    )


def _read(root: Path, entry: Entry, release: int) -> DeployedDetection:
    path = root / entry.path
    if not path.resolve().is_relative_to(root.resolve()):
        raise _damaged(path, "it is outside the folder of artifacts")
    try:
        body = gate.read(path, MAX_BYTES)
    except gate.UnreadError as error:
        raise _damaged(path, error.reason) from None
    if digest_bytes(body) != entry.artifact:
        raise _damaged(path, "it is not what was released")
    return deployed(entry, body, release)
