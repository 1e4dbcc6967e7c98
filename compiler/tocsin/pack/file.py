"""The file: a header, then one line a detection, sorted; a change touches its own line only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.pack.part import Known, Part

FORM = 1
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
        body = b"".join(part.encode() + b"\n" for part in self.parts)
        return _header(self.source, len(self.parts), body) + b"\n" + body

    @property
    def digest(self) -> str:
        """SHA-256 of the file: its name."""
        return digest_bytes(self.encoded)

    @classmethod
    def decode(cls, data: bytes) -> Pack:
        """The pack in a file's bytes. Raises ValueError saying what is wrong with them."""
        first, _, body = data.partition(b"\n")
        header = _read_header(first)
        source, count = header["source"], header["parts"]
        if first != _header(source, count, body):
            raise ValueError("the digest in its first line is not that of the other lines")
        known: Known = {}
        parts = [_part(n, line, known) for n, line in enumerate(body.split(b"\n")[:-1], 2)]
        if len(parts) != count:
            raise ValueError(f"its first line says {count} detections, there are {len(parts)}")
        return cls.of(source, parts)


def _header(source: str, parts: int, body: bytes) -> bytes:
    what = {"form": FORM, "source": source, "parts": parts, "digest": digest_bytes(body)}
    return canonical_bytes(what)


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
