"""`release.json`, read quickly: what two releases have in common is parsed once.

Its text has one line break before each entry, and none within a string, so that the entries can be
told apart without parsing them. Another text of the same record is parsed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from tocsin import gate
from tocsin.canonical import digest_bytes, plain_bytes
from tocsin.release.entry import ENTRIES, Entry
from tocsin.state.release import Release, release_of, unreadable

_BEGIN, _END, _BETWEEN = b'\n "entries": [\n', b"\n  }\n ],\n", b"\n  },\n"
_HOLE = b'"entries":[]'

RawEntry = dict[str, Any]
BAD = (ValueError, KeyError, TypeError, AttributeError, ValidationError)
"""What is raised where bytes are no record."""


@dataclass(frozen=True, slots=True)
class RecordText:
    """The record without entries and seal, its entries, and whether its seal fits."""

    rest: dict[str, Any]
    entries: tuple[RawEntry, ...]
    sealed: bool


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """A release, its entries as they are recorded, and whether the seal of its record fits."""

    release: Release
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


class ReleaseReader:
    """Reads releases one after the other; an entry that two have in common is made once."""

    def __init__(self) -> None:
        self._records = RecordReader()
        self._made: dict[int, tuple[RawEntry, Entry]] = {}

    def read(self, data: bytes, commit: str) -> ReleaseText:
        """The release in these bytes. Raises LedgerError if they are not a release."""
        try:
            text = self._records.read(data)
            release = release_of(text.rest, commit)
            entries = self._entries(text.entries)
        except BAD as bad:
            raise unreadable(commit, bad) from bad
        return ReleaseText(replace(release, entries=entries), text.entries, text.sealed)

    def _entries(self, told: tuple[RawEntry, ...]) -> tuple[Entry, ...]:
        fresh = [raw for raw in told if id(raw) not in self._made]
        made = zip(fresh, ENTRIES.validate_python(fresh), strict=True)
        known = self._made | {id(raw): (raw, entry) for raw, entry in made}
        self._made = {id(raw): known[id(raw)] for raw in told}
        return tuple(known[id(raw)][1] for raw in told)


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
