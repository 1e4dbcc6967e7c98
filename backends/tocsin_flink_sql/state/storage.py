"""The folder that the jobs of an environment share with whoever applies.

    jars/<digest>.jar                       packs
    slots/<pipeline>/<generation>/              (named so when a pipeline was called a slot)
        start.json    where its first job began to read
        versions/     the digests whose state this generation is
        plans/        compiled plans
        checkpoints/  written by Flink
        savepoints/   written by Flink

A generation is state that its versions hand on; a version that cannot take it begins another.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from tocsin import files
from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.errors import ConfigError, EngineError

_STRANGE = re.compile(r"^\.|[^A-Za-z0-9._-]")
_ESCAPED = re.compile(r"(?:~[0-9a-f]{2})+")


@dataclass(frozen=True, slots=True, order=True)
class Generation:
    """A folder of one pipeline; the later one is greater."""

    folder: Path

    @property
    def name(self) -> str:
        """`r<release>-<milliseconds since 1970>` of its making."""
        return self.folder.name

    @property
    def start(self) -> str:
        """Where its first job begins to read.

        `earliest`, the record time in milliseconds, or positions as the connector takes them;
        empty as long as that is not known, as it begins where another pipeline stops.
        """
        return str(_read_json(self.folder / "start.json")["from"])

    def begin_at(self, start: str) -> None:
        """Say where its first job begins to read."""
        _write(self.folder / "start.json", canonical_bytes({"from": start}))

    @property
    def cutover(self) -> int | None:
        """The event time (ms) of the cutover from the generation before, once it is sure."""
        file = self.folder / "cut.json"
        return int(_read_json(file)["at"]) if file.is_file() else None

    def set_cutover(self, at: int) -> None:
        """The cutover is published, and neither generation had got so far by then."""
        _write(self.folder / "cut.json", canonical_bytes({"at": at}))

    def forget_cutover(self) -> None:
        """No generation is before this any more; the next cutover may be the way back to it."""
        (self.folder / "cut.json").unlink(missing_ok=True)

    @property
    def versions(self) -> frozenset[str]:
        """Digests of the versions that it serves."""
        folder = self.folder / "versions"
        return frozenset(f.name for f in folder.iterdir()) if folder.is_dir() else frozenset()

    def serve(self, version: str) -> None:
        """From now on this version's state is here, too."""
        _write(self.folder / "versions" / version, b"")

    @property
    def checkpoints(self) -> Path:
        """Flink's folder of checkpoints, one below it for each job."""
        return self.folder / "checkpoints"

    @property
    def savepoints(self) -> Path:
        """Flink's folder of savepoints."""
        return self.folder / "savepoints"

    @property
    def plans(self) -> Path:
        """Compiled plans, `<version>.json`."""
        return self.folder / "plans"

    def plan(self, version: str) -> bytes | None:
        """The compiled plan of a version, if it is there and as it was stored."""
        file = self.plans / f"{version}.json"
        stored, _, data = (file.read_bytes() if file.is_file() else b"").partition(b"\n")
        return data if stored.decode("latin-1") == digest_bytes(data) else None

    def keep_plan(self, version: str, data: bytes) -> None:
        """Store the compiled plan of a version: its digest in the first line, then its bytes."""
        _write(self.plans / f"{version}.json", digest_bytes(data).encode() + b"\n" + data)


@dataclass(frozen=True, slots=True)
class Storage:
    """The folder of one environment."""

    root: Path

    @classmethod
    def of(cls, place: str, project: str, environment: str) -> Storage:
        """Below a path or a `file:` URI. Raises ConfigError for another kind of place."""
        return cls(_path(place) / project / environment)

    def jar(self, data: bytes) -> Path:
        """The file of a jar's bytes, written unless it is there and whole."""
        file = self.jar_file(data)
        if not self.has_jar(data):
            _write(file, data)
        return file

    def has_jar(self, data: bytes) -> bool:
        """Whether these bytes are where they should be."""
        file = self.jar_file(data)
        return file.is_file() and digest_bytes(file.read_bytes()) == file.stem

    def jar_file(self, data: bytes) -> Path:
        """Where a jar's bytes are, or would be."""
        return self.root / "jars" / f"{digest_bytes(data)}.jar"

    def keep_jars(self, wanted: Iterable[Path]) -> None:
        """Delete all other jars, and what killed writes left."""
        for file in set((self.root / "jars").glob("*")) - set(wanted):
            file.unlink(missing_ok=True)

    def pipelines(self) -> list[str]:
        """The pipelines that have a folder."""
        folder = self.root / "slots"
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(_pipeline_of(each.name) for each in found)

    def generations(self, pipeline: str) -> list[Generation]:
        """Those of a pipeline, oldest first."""
        folder = self._pipeline(pipeline)
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(Generation(each) for each in found if (each / "start.json").is_file())

    def newest(self, pipeline: str) -> Generation | None:
        """The last generation of a pipeline."""
        return next(reversed(self.generations(pipeline)), None)

    def serving(self, pipeline: str, version: str) -> Generation | None:
        """The last generation that serves a version."""
        found = [each for each in self.generations(pipeline) if version in each.versions]
        return found[-1] if found else None

    def made_by(self, pipeline: str, release: int) -> Generation | None:
        """The last generation that this release made."""
        name = f"r{release:08d}-"
        found = [each for each in self.generations(pipeline) if each.name.startswith(name)]
        return found[-1] if found else None

    def begin(self, pipeline: str, release: int, now_ms: int, start: str) -> Generation:
        """A new generation, whose first job reads from `start`."""
        made = Generation(self._pipeline(pipeline) / f"r{release:08d}-{now_ms:015d}")
        made.begin_at(start)
        return made

    def end(self, pipeline: str, generation: Generation) -> None:
        """Delete a generation, and the pipeline's folder with the last one."""
        # Without this file it is none, so that half a deletion is never taken for a whole one.
        (generation.folder / "start.json").unlink(missing_ok=True)
        shutil.rmtree(generation.folder, ignore_errors=True)
        if not self.generations(pipeline):
            shutil.rmtree(self._pipeline(pipeline), ignore_errors=True)

    def _pipeline(self, pipeline: str) -> Path:
        return self.root / "slots" / _folder_of(pipeline)


def _folder_of(pipeline: str) -> str:
    """The name of a pipeline's folder: all else is `~` and two hex digits a byte.

    So any pipeline can be read back, and none needs an escape in a URI, see `_path`.
    """
    return _STRANGE.sub(lambda each: "".join(f"~{byte:02x}" for byte in each[0].encode()), pipeline)


def _pipeline_of(folder: str) -> str:
    """The pipeline whose folder has this name."""
    return _ESCAPED.sub(
        lambda each: bytes.fromhex(each[0].replace("~", "")).decode(errors="replace"), folder
    )


def _path(place: str) -> Path:
    parts = urlsplit(place)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return _plain(Path(unquote(parts.path)))
    if "://" in place or parts.scheme == "file":
        raise ConfigError(
            f"storage {place!r} is not a folder of this machine",
            hint="use a folder that Flink, its SQL Gateway and apply share",
        )
    return _plain(Path(place).absolute())


def _plain(path: Path) -> Path:
    """Flink unescapes some URIs and others not: only a path without escapes is one for both."""
    if path.as_uri() != f"file://{path}":
        raise ConfigError(
            f"storage {str(path)!r} has characters that Flink would change",
            hint="use a folder whose path has only ASCII letters, digits and `/._~-`",
        )
    return path


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise EngineError(f"cannot read {file}: {error}") from error
    return dict(found)


def _write(file: Path, data: bytes) -> None:
    """A file is whole or not there. Jobs that start beside each other write one jar."""
    try:
        files.replace(file, data, f".{uuid4().hex}")
    except OSError as error:
        raise EngineError(
            f"cannot write {file}: {error.strerror or error}",
            hint="Flink and apply must both be able to write to the storage folder",
        ) from error
