"""What is deployed in a folder: `live.json` and the artifacts it names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact
from tocsin_runtime.alerts.described import Described

FORM = 1


@dataclass(frozen=True, slots=True)
class Deployed:
    """One detection in place: its bytes, and its description as far as the record has it."""

    artifact: Artifact
    described: Described


@dataclass(frozen=True, slots=True)
class Deployment:
    """All detections of an environment's folder; `release` is 0 if there never was one."""

    release: int
    detections: tuple[Deployed, ...]


def read_deployment(folder: Path, environment: str) -> Deployment:
    """The deployment of an environment in its folder.

    Raises:
        ConfigError: nothing was deployed there, or an artifact is missing or not what was released.
    """
    path = folder / "live.json"
    try:
        table = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            f"nothing is deployed in {folder}", hint="deploy with `tocsin apply --env ENV`"
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    try:
        if table["form"] != FORM:
            raise _damaged(path, f"form {table['form']!r} is not known here, only {FORM}")
        if table["environment"] != environment:
            raise _other(path, table["environment"], environment)
        release = int(table["release"])
        rows = [_deployed(folder / "artifacts", row, release) for row in table["detections"]]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__} {error}") from None
    return Deployment(release, tuple(rows))


def _damaged(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot be read: {why}", hint="`tocsin plan` shows drift, `tocsin apply` mends it"
    )


def _other(path: Path, found: str, expected: str) -> ConfigError:
    return ConfigError(
        f"{path} is of environment {found}, not of {expected}",
        hint="give each environment in tocsin.toml a `path` of its own",
    )


def _deployed(root: Path, row: dict[str, Any], release: int) -> Deployed:
    path = root / row["path"]
    if not path.resolve().is_relative_to(root.resolve()):
        raise _damaged(path, "it lies outside the folder of artifacts")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise _damaged(path, error.strerror or "missing") from None
    if digest_bytes(body) != row["artifact"]:
        raise _damaged(path, "its bytes are not those that were released")
    artifact = Artifact(
        detection=row["id"],
        key=row["key"],
        backend=row["backend"],
        source=row["source"],
        logic=row["logic"],
        suffix=path.suffix.removeprefix("."),
        body=body,
        sources=tuple(row.get("sources", ())),
        group_by=tuple(row.get("group_by", ())),
    )
    return Deployed(artifact, _described(row, release))


def _described(row: dict[str, Any], release: int) -> Described:
    return Described(
        id=row["id"],
        title=row["title"],
        version=int(row["version"]),
        release=release,
        shadow=row["mode"] == "shadow",
        level=row["level"],
        owner=row["owner"],
        status=row["status"],
        tags=tuple(row["tags"]),
        description=row.get("description", ""),
        author=row.get("author", ""),
        license=row.get("license", ""),
        references=tuple(row.get("references", ())),
        falsepositives=tuple(row.get("falsepositives", ())),
    )
