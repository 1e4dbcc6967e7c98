"""Alerts of a file to which a local worker appends, a line each."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tocsin_server.alerts.store import StreamedAlert, StreamPiece, position, rewind
from tocsin_server.database import Database

_MOST = 8 * 1024 * 1024
_AGAIN = 0.2


class FileAlerts:
    """Each whole line of a file that grows. One that got shorter is read from its beginning."""

    def __init__(self, database: Database, file: Path) -> None:
        self._database, self._file = database, file
        self._behind = 0

    def read(self, seconds: float) -> Iterator[StreamPiece]:
        """The next lines, waiting for some."""
        limit = time.monotonic() + seconds
        while True:
            if piece := self._next():
                yield piece
                return
            if time.monotonic() >= limit:
                return
            time.sleep(_AGAIN)

    def behind(self) -> int:
        """Bytes that are not read yet."""
        return self._behind

    def close(self) -> None:
        """Nothing is held."""

    def _next(self) -> StreamPiece | None:
        try:
            with self._file.open("rb") as stream:
                found = os.fstat(stream.fileno())
                name = f"file:{self._file.resolve()}:{found.st_ino}"
                start = self._start(name, found.st_size)
                stream.seek(start)
                whole = _whole(stream)
        except FileNotFoundError:
            return None
        end = start + len(whole)
        self._behind = max(0, found.st_size - end)
        return StreamPiece(name, 0, list(_lines(whole, start)), end) if whole else None

    def _start(self, name: str, size: int) -> int:
        with self._database.read() as session:
            start = position(session, name, 0)
        if start > size:  # alerts that are stored already count once
            with self._database.write() as session:
                rewind(session, name, 0)
            return 0
        return start


def _whole(stream: IO[bytes]) -> bytes:
    """Lines that are written to their end."""
    chunk = stream.read(_MOST)
    if len(chunk) == _MOST and b"\n" not in chunk:
        chunk += stream.readline()
    return chunk[: chunk.rfind(b"\n") + 1]


def _lines(whole: bytes, start: int) -> Iterator[StreamedAlert]:
    for line in whole.split(b"\n")[:-1]:
        if line.strip():
            yield StreamedAlert(start, line.strip())
        start += len(line) + 1
