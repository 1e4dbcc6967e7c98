"""Events from files, whatever their layout; results into files of JSON lines.

Writing is idempotent: a result whose key its file already holds is not written again, so that a
worker that was killed simply runs again.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO

import orjson

from tocsin.errors import ConfigError
from tocsin.events.jsontext import may_be_joined, may_hold_several, several
from tocsin.events.piece import Piece
from tocsin.events.reading import open_events, pieces
from tocsin_runtime.stream.base import Output, Record, Sink


class FileStream:
    """All events of some files, in the order given."""

    def __init__(
        self, files: Sequence[Path], sinks: Mapping[Sink, SinkFile], batch: int = 5000
    ) -> None:
        self._records = _records(files)
        self._sinks = sinks
        self._batch = batch

    def poll(self) -> Sequence[Record] | None:
        """The next lines; None at the end."""
        return list(islice(self._records, self._batch)) or None

    def every(self) -> Iterator[Record]:
        """All that are left, one by one."""
        return self._records

    def commit(self, outputs: Iterable[Output]) -> bool:
        """Append what the sinks do not have yet."""
        by_sink: dict[Sink, list[Output]] = defaultdict(list)
        for output in outputs:
            if output.sink in self._sinks:
                by_sink[output.sink].append(output)
        for sink, file in self._sinks.items():
            file.append(by_sink[sink])
        return True

    def close(self) -> None:
        """Nothing is held open between commits."""


class SinkFile:
    """A file of JSON lines that holds each key once; `written` counts additions by subject.

    `repeated`: what was not added as this run had added its key before, by subject.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._known = set(_keys(path, key))
        self._own: set[str] = set()
        self.written: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()

    def append(self, outputs: Sequence[Output]) -> None:
        """Add the outputs with new keys, durably, all of them in one write."""
        new: dict[str, Output] = {}
        for output in outputs:
            if output.key in self._own or output.key in new:
                self.repeated[output.subject] += 1
            elif output.key not in self._known:
                new[output.key] = output
        if not new:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(b"".join(output.value + b"\n" for output in new.values()))
            file.flush()
            os.fsync(file.fileno())
        self._own |= new.keys()
        self.written.update(output.subject for output in new.values())


def _keys(path: Path, key: str) -> Iterator[str]:
    """Keys in a file; the torn last line of a killed write is cut off."""
    if path.is_symlink():
        raise ConfigError(f"{path} is a link", hint="move it away, then run again")
    if not path.exists():
        return
    whole = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield _key(path, number, line, key)
    if whole < path.stat().st_size:
        os.truncate(path, whole)


def _key(path: Path, number: int, line: bytes, key: str) -> str:
    try:
        return str(orjson.loads(line)[key])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ConfigError(
            f"{path}:{number} was not written by Tocsin", hint="move the file away, then run again"
        ) from None


def _records(files: Sequence[Path]) -> Iterator[Record]:
    for path in files:
        with open_events(path) as stream:
            yield from _in(str(path), stream)


def _in(name: str, stream: IO[bytes]) -> Iterator[Record]:
    """Lines as they are, and events of other layouts as lines; what ends a file ends the run."""
    read_as: Counter[str] = Counter()
    for piece in pieces(stream, read_as):
        if piece.whole:
            raise ConfigError(f"{name}: {piece.problem}", hint=piece.hint)
        line = b"" if piece.event or piece.problem else piece.line
        if may_hold_several(line) or may_be_joined(line):
            yield from (_record(name, each) for each in several(piece, read_as))
        else:
            yield _record(name, piece)


def _record(name: str, piece: Piece) -> Record:
    value = piece.line or orjson.dumps(piece.event)
    return Record(name, 0, piece.row - 1, value, problem=piece.problem)
