"""The only reader of a repository's files: regular files, no links, limited size.

A pull request decides what lies in a checkout. A link there would lead to anything that the
process may read, a device never ends, a pipe never begins; and `st_size` is 0 for many of them.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import isfinite
from pathlib import Path
from typing import IO, Any

from tocsin.errors import ConfigError

SETTINGS = "tocsin.toml"
"""The file that makes a folder a project."""

MIB = 1024 * 1024

_PLAIN = "put a file of its own there"
_SPLIT = "split it, or remove what is not needed"
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class UnreadError(ConfigError):
    """A file that cannot be read. `path` and `reason` are the two halves of the message."""

    code = "unread"

    def __init__(self, path: Path, reason: str, hint: str = "") -> None:
        super().__init__(f"cannot read {path}: {reason}", hint=hint, file=path)
        self.path = path
        self.reason = reason


class MissingError(UnreadError):
    """The file does not exist."""

    code = "missing-file"

    def __init__(self, path: Path, what: str = "file") -> None:
        super().__init__(path, f"there is no such {what}")


class _Stdin:
    """Standard input, which is read once: as a file whose bytes are kept, or as a stream."""

    def __init__(self) -> None:
        self._of: object = None
        self._data: bytes | None = None

    def data(self, limit: int) -> bytes:
        """All of it, up to one byte more than the limit."""
        if self._of is not sys.stdin:
            self._data = up_to(self.stream(), limit + 1)
        if self._data is None:
            raise self._taken()
        return self._data

    def stream(self) -> IO[bytes]:
        """What is still to come. Raises ConfigError if something else has it."""
        if self._of is sys.stdin:
            raise self._taken()
        self._of, self._data = sys.stdin, None
        return sys.stdin.buffer

    @staticmethod
    def _taken() -> ConfigError:
        return ConfigError(
            "standard input is asked for twice", hint="`-` can be one file only: name the other"
        )


stdin = _Stdin()


_kept: ContextVar[dict[Path, bytes] | None] = ContextVar("kept", default=None)


@contextmanager
def keeping() -> Iterator[dict[Path, bytes]]:
    """The bytes of all files that are read meanwhile, as they were read."""
    kept: dict[Path, bytes] = {}
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def is_stdin(path: Path) -> bool:
    """Whether a path on the command line is `-`."""
    return str(path) == "-"


def exists(path: Path) -> bool:
    """Whether there is something to read, or to refuse."""
    return is_stdin(path) or os.path.lexists(path)


def read(path: Path, limit: int) -> bytes:
    """All bytes of a regular file, or of stdin (`-`), of at most `limit` bytes.

    Raises MissingError where there is none, UnreadError for all else that is not read.
    """
    data = stdin.data(limit) if is_stdin(path) else _of_file(path, limit)
    if len(data) > limit:
        raise UnreadError(path, f"it is larger than {_size(limit)}", _SPLIT)
    if (kept := _kept.get()) is not None:
        kept[path] = data
    return data


def _of_file(path: Path, limit: int) -> bytes:
    """Its bytes, up to one more than the limit."""
    try:
        _only_regular(path, path.lstat())
        with os.fdopen(os.open(path, _OPEN), "rb") as file:
            _only_regular(path, os.fstat(file.fileno()))
            return up_to(file, limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(path) from None
    except OSError as error:
        raise UnreadError(path, str(error.strerror)) from None
    except ValueError as error:
        raise UnreadError(path, f"it cannot be the name of a file: {error}") from None


def up_to(stream: IO[bytes], limit: int) -> bytes:
    """What is left of a stream, at most so many bytes, in memory for what is there alone.

    A buffered stream that is asked for a gibibyte takes a gibibyte first.
    """
    parts: list[bytes] = []
    while limit > 0 and (part := stream.read(min(limit, MIB))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def read_text(path: Path, limit: int) -> str:
    """The UTF-8 text of a file, as `read`, without byte order mark."""
    try:
        return read(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadError(path, f"it is not UTF-8 text: {error.reason}") from None


def read_json(path: Path, limit: int) -> Any:
    """The JSON value in a file, as `read`. What is not JSON, or too deep for us, is UnreadError."""
    data = read(path, limit)
    try:
        return loads(data)
    except ValueError as error:
        raise UnreadError(path, f"it is not JSON: {_json_trouble(error)}") from None


def _json_trouble(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return str(error)


def loads(data: bytes) -> Any:
    """The value of a record in JSON. Raises ValueError, also for what could not be written again.

    That is half of a surrogate pair, a number that is none or infinite, and what is too deep.
    """
    try:
        # Of bytes, `json` would take halves of surrogate pairs, and other encodings.
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite)
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def files(
    folder: Path, endings: tuple[str, ...], *, deep: bool
) -> tuple[list[Path], list[UnreadError]]:
    """Regular files with these endings in a folder (and, if `deep`, below), sorted.

    And what looks like one, or like a folder of them, but is not read. A file is in itself.
    """
    try:
        given(folder)
    except UnreadError as error:
        return [], [error]
    if is_stdin(folder) or not folder.is_dir():
        return [folder] if exists(folder) else [], []
    found: list[Path] = []
    wrong: list[UnreadError] = []

    def closed(error: OSError) -> None:
        wrong.append(UnreadError(Path(str(error.filename)), str(error.strerror)))

    for top, below, names in os.walk(folder, onerror=closed):
        linked = [Path(top, name) for name in below if Path(top, name).is_symlink()]
        wrong += [UnreadError(each, "it is a link", _PLAIN) for each in linked if deep]
        for path in (Path(top, name) for name in names if name.lower().endswith(endings)):
            kind = _kind(path.lstat())
            found += [] if kind else [path]
            wrong += [UnreadError(path, f"it is {kind}", _PLAIN)] if kind else []
        if not deep:
            break
    return sorted(found), sorted(wrong, key=lambda each: each.path)


def given(path: Path) -> None:
    """Raises UnreadError for a path on the command line that leads out of its project by a link.

    Beyond projects only a file that is itself a link is refused: folders are anyone's own.
    """
    if is_stdin(path):
        return
    if path.is_symlink() and not path.is_dir():
        raise UnreadError(path, "it is a link", "name the file it points to")
    for part in _in_project(path.absolute()):
        if part.is_symlink():
            raise UnreadError(path, f"{part.name} is a link", _PLAIN)


def _in_project(path: Path) -> Iterator[Path]:
    """The path and its parents below the nearest folder of a project; none if there is none."""
    parts = [path, *path.parents]
    depth = next((n for n, part in enumerate(parts[1:], 1) if (part / SETTINGS).is_file()), 0)
    yield from parts[:depth]


def _only_regular(path: Path, found: os.stat_result) -> None:
    if kind := _kind(found):
        raise UnreadError(path, f"it is {kind}", _PLAIN)


def _kind(found: os.stat_result) -> str:
    """What it is instead of a regular file; empty for one."""
    if stat.S_ISREG(found.st_mode):
        return ""
    return next((name for test, name in _KINDS if test(found.st_mode)), "a device")


def _size(limit: int) -> str:
    return f"{limit // MIB} MiB" if limit >= MIB else f"{limit // 1024} KiB"


def _finite(text: str) -> float:
    return float(text) if isfinite(float(text)) else _no_number(text)


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON number")
