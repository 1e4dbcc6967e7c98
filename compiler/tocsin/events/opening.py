"""A file as a stream of UTF-8 bytes: decompressed if it is gzip, decoded if it is UTF-16."""

from __future__ import annotations

import gzip
import io
from codecs import BOM_UTF8
from typing import IO, Any, cast

from tocsin.events.kinds import GZIP, encoding

HEAD = 64 * 1024
"""Bytes at which a kind is told."""
ENOUGH = 4096
"""A line of a pipe and so many bytes are enough for it: others may still be on their way."""
_BUFFER = 1 << 20


class Opened:
    """A stream with its first bytes, which are still to be read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.head = _taken(stream)
        self.stream = cast("IO[bytes]", io.BufferedReader(_Joined(self.head, stream), _BUFFER))


def opened(stream: IO[bytes]) -> Opened:
    """The text of a file without byte order mark, or its bytes if it is not text."""
    found = Opened(stream)
    if found.head.startswith(GZIP):
        found = Opened(cast("IO[bytes]", gzip.GzipFile(fileobj=found.stream)))
    if name := encoding(found.head):
        found = Opened(cast("IO[bytes]", io.BufferedReader(_Recoded(found.stream, name), _BUFFER)))
    if found.head.startswith(BOM_UTF8):
        found.stream.read(len(BOM_UTF8))
        found.head = found.head[len(BOM_UTF8) :]
    return found


def _taken(stream: IO[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD and not (len(head) >= ENOUGH and b"\n" in head):
        part = _some(stream, HEAD - len(head))
        if not part:
            break
        head += part
    return head


def _some(stream: Any, size: int) -> bytes:
    """What is there, at least one byte but at the end."""
    return bytes(stream.read1(size) if hasattr(stream, "read1") else stream.read(size))


class _Joined(io.RawIOBase):
    """The first bytes of a stream, and the rest of it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        super().__init__()
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        part = self._head[:size] or _some(self._rest, size)
        self._head = self._head[size:]
        buffer[: len(part)] = part
        return len(part)


class _Recoded(io.RawIOBase):
    """UTF-16 as UTF-8; half a surrogate pair stays one, and the reader of its line refuses it."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        super().__init__()
        self._text = io.TextIOWrapper(stream, name, "surrogatepass", newline="")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._text.read(len(buffer) // 4).encode("utf-8", "surrogatepass")
        buffer[: len(part)] = part
        return len(part)
