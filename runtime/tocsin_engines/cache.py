"""Downloads, kept outside the tree: a folder holds just the jars that it should, or is not used.

Which those are is pinned in `pins/<name>.json`, by path and SHA-256; without pins they are what
was downloaded.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tocsin import files
from tocsin.errors import EngineError
from tocsin_engines.locks import exclusive

_MARKER = ".complete"

Jars = Mapping[str, str]


@dataclass(frozen=True)
class Cache:
    """The folder below which each engine's files are."""

    root: Path

    def folder(
        self, name: str, recipe: str, fill: Callable[[Path], None], say: Callable[[str], None]
    ) -> Path:
        """The folder made from `recipe` (any text that names all versions); filled if need be.

        Two runs at once do not disturb each other: the second waits for the first. A folder whose
        jars are not just those that belong there is filled again. Raises EngineError where what is
        downloaded is not what is pinned.
        """
        pinned = pins(name)
        digest = hashlib.sha256(recipe.encode()).hexdigest()[:12]
        folder = self.root / f"{name}-{digest}"
        if _complete(folder, pinned):
            return folder
        try:
            with exclusive(
                self.root / f"{folder.name}.lock", lambda: say("waiting for a download")
            ):
                if not _complete(folder, pinned):
                    for wrong in _differences(folder, pinned):
                        say(f"downloading again: {wrong}")
                    _fill(folder, fill, pinned)
        except OSError as error:
            raise EngineError(
                f"cannot write to the cache {self.root}: {error.strerror or error}",
                hint="set TOCSIN_CACHE to a folder that you may write to",
            ) from error
        return folder


def pins(name: str) -> Jars | None:
    """The jars of an engine, None where they are not pinned."""
    file = resources.files(__package__).joinpath("pins", f"{name}.json")
    return dict(json.loads(file.read_bytes())) if file.is_file() else None


def _fill(folder: Path, fill: Callable[[Path], None], pinned: Jars | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fill(folder)
    found = _jars(folder)
    if wrong := list(_compared(found, found if pinned is None else pinned)):
        raise EngineError(
            f"the download does not match its pinned digest: {'; '.join(wrong)}",
            hint="check which package registry is used",
        )
    # The marker comes last: killed before, the folder counts as empty.
    files.replace(folder / _MARKER, json.dumps(found).encode())


def _complete(folder: Path, pinned: Jars | None) -> bool:
    return (folder / _MARKER).is_file() and not list(_differences(folder, pinned))


def _differences(folder: Path, pinned: Jars | None) -> Iterator[str]:
    """What is wrong with the jars of a folder that was filled once."""
    if not (folder / _MARKER).is_file():
        return
    try:
        told = dict(json.loads((folder / _MARKER).read_bytes()))
        yield from _compared(_jars(folder), told if pinned is None else pinned)
    except (OSError, ValueError, TypeError) as error:
        yield f"{folder.name} cannot be read: {error}"


def _compared(found: Jars, wanted: Jars) -> Iterator[str]:
    for path in sorted(found.keys() | wanted.keys()):
        if path not in wanted:
            yield f"{path} is unexpected"
        elif path not in found:
            yield f"{path} is missing"
        elif found[path] != wanted[path]:
            yield f"{path} has changed"


def _jars(folder: Path) -> Jars:
    """SHA-256 by path; hashing 330 MB takes less than a start of the engine."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.jar")):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found[path.relative_to(folder).as_posix()] = digest
    return found
