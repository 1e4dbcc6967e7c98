"""Downloads, kept outside the tree: a folder is complete or it is not there."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import EngineError
from tocsin_runtime.engines.locks import exclusive

_MARKER = ".complete"


@dataclass(frozen=True)
class Cache:
    """The folder under which each engine's files lie."""

    root: Path

    def folder(
        self, name: str, recipe: str, fill: Callable[[Path], None], say: Callable[[str], None]
    ) -> Path:
        """The folder made from `recipe` (any text that names all versions); filled if need be.

        Two runs at once do not disturb each other: the second waits for the first. A folder
        that lost files since it was filled is filled again.
        """
        digest = hashlib.sha256(recipe.encode()).hexdigest()[:12]
        folder = self.root / f"{name}-{digest}"
        if _complete(folder):
            return folder
        try:
            with exclusive(
                self.root / f"{folder.name}.lock", lambda: say("waiting for a download")
            ):
                if not _complete(folder):
                    _fill(folder, fill)
        except OSError as error:
            raise EngineError(
                f"cannot write to the cache {self.root}: {error.strerror or error}",
                hint="set TOCSIN_CACHE to a folder that you may write to",
            ) from error
        return folder


def _fill(folder: Path, fill: Callable[[Path], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fill(folder)
    # The marker comes last and in one step: killed before, the folder counts as empty.
    new = folder / f"{_MARKER}.new"
    new.write_text(json.dumps(_sizes(folder)), encoding="utf-8")
    new.replace(folder / _MARKER)


def _complete(folder: Path) -> bool:
    try:
        expected = json.loads((folder / _MARKER).read_bytes())
        return all((folder / path).stat().st_size == size for path, size in expected.items())
    except (OSError, ValueError):
        return False


def _sizes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(_MARKER)
    }
