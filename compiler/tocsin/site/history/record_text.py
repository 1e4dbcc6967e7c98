"""`release.json`, read quickly: what two releases have in common is parsed once.

Its text has one line break before each entry, and none within a string, so that the entries can be
told apart without parsing them. Another text of the same record is parsed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin import gate
from tocsin.canonical import digest_bytes, plain_bytes

_BEGIN, _END, _BETWEEN = b'\n "entries": [\n', b"\n  }\n ],\n", b"\n  },\n"
_HOLE = b'"entries":[]'

RawEntry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordText:
    """The record without entries and seal, its entries, and whether its seal fits."""

    rest: dict[str, Any]
    entries: tuple[RawEntry, ...]
    sealed: bool


class RecordReader:
    """Reads records one after the other."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[RawEntry, bytes]] = {}

    def read(self, data: bytes) -> RecordText:
        """A record. Raises ValueError, KeyError or TypeError for what is none."""
        before, begun, after = data.partition(_BEGIN)
        body, ended, behind = after.partition(_END)
        if not (begun and ended):
            return _whole(gate.loads(data))
        rest = gate.loads(before + b'\n "entries": [],\n' + behind)
        known = {}
        for chunk in body.split(_BETWEEN):
            known[chunk] = self._known.get(chunk) or _parsed(chunk)
        self._known = known
        seal = rest.pop("seal", None)
        head, hole, tail = plain_bytes(rest).partition(_HOLE)
        whole = b"".join((head, hole[:-1], b",".join(c for _, c in known.values()), b"]", tail))
        entries = tuple(entry for entry, _ in known.values())
        del rest["entries"]
        return RecordText(rest, entries, bool(hole) and seal == digest_bytes(whole))


def _parsed(chunk: bytes) -> tuple[RawEntry, bytes]:
    entry = gate.loads(chunk + b"}")
    if not isinstance(entry, dict):
        raise TypeError("an entry is no object")
    return entry, plain_bytes(entry)


def _whole(record: Any) -> RecordText:
    seal = record.pop("seal", None)
    fits = seal == digest_bytes(plain_bytes(record))
    entries = record.pop("entries")
    if not all(isinstance(each, dict) for each in entries):
        raise TypeError("an entry is no object")
    return RecordText(record, tuple(entries), fits)
