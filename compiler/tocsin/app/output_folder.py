"""The output folder of `tocsin compile`, without leftovers of older runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from tocsin import gate
from tocsin.backend.base import Backend, TableBackend
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact
from tocsin.model.source import Source

MANIFEST = "manifest.json"
"""Path of every file written, with the SHA-256 of its bytes."""

_MOST = 64 * gate.MIB

TABLES = "_tables.sql"


def gather(artifacts: Iterable[Artifact]) -> dict[str, bytes]:
    """Bytes by path. Raises ConfigError if two detections would have the same file."""
    taken: dict[str, Artifact] = {}
    for artifact in artifacts:
        first = taken.setdefault(artifact.path, artifact)
        if first is not artifact:
            message = f"{first.detection} and {artifact.detection} would both be {artifact.path}"
            raise ConfigError(message, hint="give one of them a `name`, or rename its file")
    return {path: artifact.body for path, artifact in taken.items()}


def tables(backend: Backend, sources: Iterable[Source]) -> dict[str, bytes]:
    """The definitions that statements over these sources need, if the backend has any."""
    if not isinstance(backend, TableBackend):
        return {}
    return {f"{backend.name}/{s.name}/{TABLES}": backend.tables(s).encode() for s in sources}


def needed_files(backend: Backend) -> dict[str, bytes]:
    """The files that the definitions refer to. Raises EngineError if they cannot be made here."""
    files = backend.files() if isinstance(backend, TableBackend) else {}
    return {f"{backend.name}/{name}": body for name, body in files.items()}


def write(folder: Path, files: Mapping[str, bytes], backends: Iterable[str]) -> int:
    """Write the files; remove what an older run of these backends wrote and this one did not.

    Returns how many files were removed. Files that no run wrote are left alone.
    """
    for path in (*files, MANIFEST):
        _inside(folder, path)
    old = _manifest(folder)
    mine = {path for path in old if path.split("/")[0] in set(backends)}
    gone = [path for path in sorted(mine - set(files)) if _inside(folder, path).is_file()]
    for path in gone:
        (folder / path).unlink()
    for path, body in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    kept = {path: digest for path, digest in old.items() if path not in mine}
    digests = {path: digest_bytes(body) for path, body in files.items()}
    text = json.dumps({**kept, **digests}, indent=2, sort_keys=True, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")
    return len(gone)


def _manifest(folder: Path) -> dict[str, str]:
    file = folder / MANIFEST
    try:
        found = gate.read_json(file, _MOST)
    except gate.MissingError:
        return {}
    except gate.UnreadError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        hint = "name another folder with --out, or remove the file"
        raise ConfigError(f"{file} is not a manifest of `tocsin compile`", hint=hint)
    return found


def _inside(folder: Path, path: str) -> Path:
    """The file at a path, which must stay in the folder. Raises ConfigError."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path:
        raise ConfigError(f"{path} would be outside of {folder}", hint="see the detection's `name`")
    gate.given(folder / pure)
    return folder / pure
