"""Answers of earlier runs, kept outside the project, each by all that it depends on.

A table is one file: replaced at once, so that a killed run leaves the older one, and two runs at
the same time leave that of one of them. What is damaged, of another version of the code, or not
ours alone to write is not read. `TOCSIN_CACHE` names another folder; with `TOCSIN_NO_CACHE`
nothing is kept.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_cache_path

from tocsin import files

FOLDER, OFF = "TOCSIN_CACHE", "TOCSIN_NO_CACHE"
BELOW = "answers"
"""Our part of that folder, in which engines that were downloaded are, too."""
FEW = 16
"""So many new answers are made again in the next run rather than written with all others."""

_DAYS_KEPT = 30
_DIGEST = hashlib.sha256().digest_size
_T = TypeVar("_T")


class Table:
    """Answers by key; used ones are kept, new ones written if they are more than a few."""

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        self._known = known or {}
        self._used: dict[str, Any] = {}
        self.made = 0

    def answer(
        self, key: str, make: Callable[[], _T], fit: Callable[[_T], bool] = lambda _: True
    ) -> _T:
        """The kept answer, or one made now, kept if it is fit for that.

        The key tells all that the answer depends on.
        """
        answer: _T | None = self._used.get(key, self._known.get(key))
        if answer is None:
            answer = make()
            if not fit(answer):
                return answer
            self.made += 1
        self._used[key] = answer
        return answer

    @property
    def fresh(self) -> dict[str, Any]:
        """All answers of this run, if it is worth to keep them."""
        worth = self.made > FEW or self.made * FEW > len(self._used)
        return self._used if self.made and worth else {}


@contextmanager
def table(name: str, of: Iterable[Path], code: Iterable[Path] = ()) -> Iterator[Table]:
    """The table of a kind of answers about some files. `code`: more packages whose code answers."""
    file = _file(name, of)
    made_by = fingerprint(*code) if file else b""
    kept = Table(_read(file, made_by) if file else {})
    yield kept
    if file and kept.fresh:
        with suppress(OSError):  # a full disk, or a home that nobody may write: no cache, then
            _write(file, made_by, kept.fresh)


def key(*parts: bytes | str | None) -> str:
    """One text for some parts, of which each counts with its length."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogateescape") if isinstance(part, str) else part
        made.update(b"-" if data is None else b"%d:" % len(data))
        made.update(data or b"")
    return made.hexdigest()


@cache
def fingerprint(*code: Path) -> bytes:
    """Changes with our code, with that of `code`, with installed packages and Python."""
    made = hashlib.sha256(sys.version.encode())
    for path in chain.from_iterable(map(_files, (Path(__file__).parent, *code))):
        at = path.stat()
        made.update(f"{path} {at.st_size} {at.st_mtime_ns}\n".encode())
    made.update("\n".join(_installed()).encode())
    return made.digest()


def _files(place: Path) -> Iterator[Path]:
    """A module, or all files of a package, in one order."""
    if place.is_file():
        yield place
    for top, below, names in os.walk(place):
        below[:] = sorted(name for name in below if name != "__pycache__")
        yield from (Path(top, name) for name in sorted(names))


def _installed() -> list[str]:
    """Names of installed packages with their versions."""
    return sorted(
        path.name
        for folder in map(Path, sys.path)
        if folder.name in ("site-packages", "dist-packages") and folder.is_dir()
        for path in folder.iterdir()
        if path.suffix in (".dist-info", ".egg-info")
    )


def _file(name: str, of: Iterable[Path]) -> Path | None:
    """Where the table is, in a folder that is made; None where nothing is kept."""
    if os.environ.get(OFF):
        return None
    try:
        folder = Path(os.environ.get(FOLDER) or user_cache_path("tocsin")).expanduser() / BELOW
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        at = folder.stat()
    except (OSError, RuntimeError):  # no home, or none that can be written to
        return None
    if not _ours(at):
        return None
    return folder / f"{name}-{key(*(str(path.resolve()) for path in of))[:32]}"


def _ours(at: os.stat_result) -> bool:
    """Whether no one else can have written there: what is kept is trusted when it is read."""
    return at.st_uid == os.geteuid() and not at.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(file: Path, made_by: bytes) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            if not _ours(os.fstat(opened.fileno())) or opened.read(_DIGEST) != made_by:
                return {}
            digest, data = opened.read(_DIGEST), opened.read()
    except OSError:
        return {}
    if hashlib.sha256(data).digest() != digest:
        return {}
    with _without_collecting():
        found: dict[str, Any] = pickle.loads(data)  # noqa: S301 - written by this user's own runs, see `_ours`
    return found


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Nothing of what is read becomes garbage: looking for it takes twice as long as reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _write(file: Path, made_by: bytes, answers: dict[str, Any]) -> None:
    data = pickle.dumps(answers, pickle.HIGHEST_PROTOCOL)
    writer = f".{os.getpid()}-{os.urandom(4).hex()}"
    files.replace(file, made_by + hashlib.sha256(data).digest() + data, writer)
    _forget(file.parent)


def _forget(folder: Path) -> None:
    """Remove what no run has written for a month."""
    old = time.time() - _DAYS_KEPT * 86_400
    for entry in os.scandir(folder):
        with suppress(OSError):  # another run was first
            if entry.stat(follow_symlinks=False).st_mtime < old:
                Path(entry).unlink()
