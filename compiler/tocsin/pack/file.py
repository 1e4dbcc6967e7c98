"""The file: a header, then one line a detection, sorted; a change touches its own line only.

A pack's digest is that of the list of its parts' digests, so whoever knows the artifacts of the
detections knows the pack, without its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.pack.part import Known, Part

FORM = 2
"""Version of the file; a matcher takes exactly this one."""


@dataclass(frozen=True)
class Pack:
    """The stateless detections of one source, sorted by id."""

    source: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, source: str, parts: Iterable[Part]) -> Pack:
        """A pack. Raises ValueError for two parts of one detection or a part of another source."""
        ordered = tuple(sorted(parts, key=lambda part: part.detection))
        for part, following in pairwise(ordered):
            if part.detection == following.detection:
                raise ValueError(f"detection {part.detection} is there twice")
        if odd := [part for part in ordered if part.source != source]:
            raise ValueError(f"detection {odd[0].detection} is of source {odd[0].source}")
        return cls(source, ordered)

    @cached_property
    def encoded(self) -> bytes:
        """The file's bytes."""
        lines = [part.encode() for part in self.parts]
        return b"".join(line + b"\n" for line in (_header(self.source, lines), *lines))

    @property
    def digest(self) -> str:
        """What names the pack: 64 hex digits."""
        return pack_digest(digest_bytes(part.encode()) for part in self.parts)

    @classmethod
    def decode(cls, data: bytes) -> Pack:
        """The pack in a file's bytes. Raises ValueError saying what is wrong with them."""
        first, _, body = data.partition(b"\n")
        header = _read_header(first)
        source, count = header["source"], header["parts"]
        lines = body.split(b"\n")
        if lines.pop():
            raise ValueError("its last line is cut off")
        if len(lines) != count:
            raise ValueError(f"its first line says {count} detections, there are {len(lines)}")
        if first != _header(source, lines):
            raise ValueError("the digest in its first line is not that of the other lines")
        known: Known = {}
        return cls.of(source, [_part(n, line, known) for n, line in enumerate(lines, 2)])


def pack_digest(parts: Iterable[str]) -> str:
    """The digest of a pack of its parts' digests, in the order of the detections' ids."""
    return digest_bytes("".join(f"{part}\n" for part in parts).encode())


def _header(source: str, lines: Sequence[bytes]) -> bytes:
    digest = pack_digest(map(digest_bytes, lines))
    return canonical_bytes({"form": FORM, "source": source, "parts": len(lines), "digest": digest})


def _read_header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not a pack: its first line is not JSON: {error}") from error
    if not isinstance(header, dict) or not {"form", "source", "parts", "digest"} == set(header):
        raise ValueError("not a pack: its first line lacks `form`, `source`, `parts` or `digest`")
    if isinstance(header["form"], bool) or header["form"] != FORM:
        raise ValueError(f"form {header['form']!r} of packs is not known here, only {FORM}")
    return header


def _part(number: int, line: bytes, known: Known) -> Part:
    try:
        return Part.decode(line, known)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error
