"""Atomic changes of files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tocsin import fault
from tocsin.errors import BusyError, ConfigError

_TEMPORARY = ".new"


def write(path: Path, data: bytes) -> None:
    """Replace a file of an environment, as `replace`. Raises ConfigError if that fails."""
    with _explained(path):
        replace(path, data)


def replace(path: Path, data: bytes, writer: str = "") -> None:
    """Replace a file atomically and durably; its folder is made. Raises OSError.

    `writer` tells those apart that write one file at the same time: the last one's bytes stay.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + writer + _TEMPORARY)
    temporary.unlink(missing_ok=True)  # of a killed write, or a link that leads elsewhere
    try:
        _write_whole(temporary, data)
        fault.point("file-written")
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def put(path: Path, data: bytes) -> None:
    """Replace a file that a person named, as `replace`. Raises ConfigError if that fails."""
    try:
        replace(path, data)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", file=path) from error


def remove(path: Path, root: Path) -> None:
    """Remove a file, and folders below `root` that become empty."""
    with _explained(path):
        path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty, or already gone
            for folder in path.parents:
                if folder == root or not folder.is_relative_to(root):
                    break
                folder.rmdir()


def listed(root: Path) -> list[Path]:
    """All files below a folder, without temporary files of a killed write."""
    with _explained(root):
        found = (p for p in root.rglob("*") if not p.is_dir() and p.suffix != _TEMPORARY)
        return sorted(found)


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file, or raise BusyError naming its holder.

    The kernel drops the lock when the holder dies, so that no stale lock is ever left and no
    reused process id can be mistaken for the holder; the id inside is for the message only.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        file = os.fdopen(os.open(path, flags, 0o644), "a+b")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            file.seek(0)
            holder = file.read().decode("ascii", "replace").strip() or "unknown"
            raise BusyError(
                f"another {what} is running (process {holder})", hint="wait until it has finished"
            ) from taken
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


def _write_whole(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the operating system refuses is a setting to mend, not a bug."""
    try:
        yield
    except OSError as error:
        place = error.filename or path
        raise ConfigError(
            f"cannot use {place}: {error.strerror}",
            hint="check `path` of the environment in tocsin.toml, and its permissions",
        ) from error
