"""What is deployed in a folder: `live.json` and the artifacts it names."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tocsin import gate
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.model.source import SOURCES
from tocsin.release.entry import ENTRIES, NUMBER, Entry
from tocsin.release.record import REPAIR
from tocsin_runtime.stream.deployment import DeployedDetection, ReleasedDetections, deployed

FORM = 2
MAX_BYTES = 256 * gate.MIB


def read_deployment(folder: Path, environment: str) -> ReleasedDetections:
    """The deployment of an environment in its folder.

    Raises:
        ConfigError: nothing was deployed there, or an artifact is missing or not what was released.
    """
    path = folder / "live.json"
    try:
        table = gate.read_json(path, MAX_BYTES)
    except gate.MissingError:
        raise ConfigError(
            f"nothing is deployed in {folder}", hint="deploy with `tocsin apply --env ENV`"
        ) from None
    except gate.UnreadError as error:
        raise _damaged(path, error.reason) from None
    try:
        if table["form"] != FORM:
            raise _damaged(path, f"form {table['form']!r} is not known here, only {FORM}")
        if table["environment"] != environment:
            raise _other(path, table["environment"], environment)
        release = NUMBER.validate_python(table["release"])
        entries = ENTRIES.validate_python(table["detections"])
        sources = SOURCES.validate_python(table["sources"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__} {error}") from None
    detections = tuple(_read(folder / "artifacts", entry, release) for entry in entries)
    return ReleasedDetections(release, detections, sources)


def _damaged(path: Path, why: str) -> ConfigError:
    return ConfigError(f"{path} cannot be read: {why}", hint=REPAIR)


def _other(path: Path, found: str, expected: str) -> ConfigError:
    return ConfigError(
        f"{path} is of environment {found}, not of {expected}",
        hint="give each environment in tocsin.toml a `path` of its own",
    )


def _read(root: Path, entry: Entry, release: int) -> DeployedDetection:
    path = root / entry.path
    if not path.resolve().is_relative_to(root.resolve()):
        raise _damaged(path, "it lies outside the folder of artifacts")
    try:
        body = gate.read(path, MAX_BYTES)
    except gate.UnreadError as error:
        raise _damaged(path, error.reason) from None
    if digest_bytes(body) != entry.artifact:
        raise _damaged(path, "its bytes are not those that were released")
    return deployed(entry, body, release)
