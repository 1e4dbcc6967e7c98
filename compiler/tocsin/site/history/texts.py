"""The files of detections as releases enclose them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

import yaml

from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError
from tocsin.release.entry import Entry
from tocsin.site.history.model import RecordedTexts
from tocsin.site.history.walk import Walk
from tocsin.state.enclosed import ARTIFACTS, CONTENT

_FORM_WITH_CONTENT = 2
_PARTS = re.compile(r"^---", re.MULTILINE)
_LOGSOURCE = re.compile(r"^logsource[ ]*:.*(?:\n(?:[ \t#].*|$))*", re.MULTILINE)
_KEYS = ("product", "category", "service")

_Names = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry, and the place in the walk of the release in which it is looked at."""

    entry: Entry
    index: int


class TextReader:
    """Finds the bytes of many at once."""

    def __init__(self, walk: Walk) -> None:
        self._releases, self._blobs = walk.releases, walk.blobs

    def read(self, wanted: Sequence[Wanted]) -> list[RecordedTexts]:
        """Of each. Raises LedgerError where bytes are not those that were recorded."""
        blobs = [self._blobs_of(each) for each in wanted]
        data = self._blobs.read(name for names in blobs for name in names if name)
        return [self._texts(each, names, data) for each, names in zip(wanted, blobs, strict=True)]

    def _blobs_of(self, wanted: Wanted) -> _Names:
        """Ids of the artifact, of the rule and of the cases; None where nothing is recorded."""
        entry, read = wanted.entry, self._releases[wanted.index]
        artifact = self._blobs.at(f"{ARTIFACTS}{entry.path}", read.place)
        holder = self._releases[read.release.earlier.get(entry.id, read.release.number) - 1]
        if holder.release.form < _FORM_WITH_CONTENT:
            return artifact, None, None
        rule = self._blobs.at(f"{CONTENT}{entry.file}", holder.place)
        return artifact, rule or None, self._blobs.at(f"{CONTENT}{beside(entry)}", holder.place)

    def _texts(self, wanted: Wanted, names: _Names, data: Mapping[str, bytes]) -> RecordedTexts:
        artifact, rule, cases = names
        entry = wanted.entry
        if digest_bytes(data.get(artifact, b"")) != entry.artifact:
            number = self._releases[wanted.index].release.number
            raise LedgerError(
                f"release {number} does not have the recorded artifact of {entry.key}",
                hint="`tocsin verify` lists what is damaged",
            )
        return RecordedTexts(_text(rule, data), _text(cases, data), data[artifact])


def _text(name: str | None, data: Mapping[str, bytes]) -> str | None:
    """None where no release records it, empty where a release says that there is none."""
    if name is None:
        return None
    return data[name].decode("utf-8", "replace") if name else ""


def beside(entry: Entry) -> str:
    """Where the cases of a detection are, unless they are in its own file."""
    path = PurePosixPath(entry.file)
    return str(path.with_name(f"{path.stem}.test{path.suffix}")) if path.name else ""


def logsource(entry: Entry, rule: str | None) -> str | None:
    """What a rule says of its log source, `product=okta, service=audit`; None if it is not known.

    Only that part of the file is parsed: thousands of them would take a minute.
    """
    own = [part for part in _PARTS.split(rule or "") if entry.id in part or entry.key in part]
    found = _LOGSOURCE.search(own[0]) if len(own) == 1 else None
    return _logsource(found[0]) if found else None


@lru_cache(maxsize=1024)
def _logsource(block: str) -> str | None:
    """Of this part of a file, which many have in common."""
    try:
        told = yaml.safe_load(block)["logsource"]
        given = {key: str(told[key]) for key in _KEYS if told.get(key)}
    except (yaml.YAMLError, AttributeError, TypeError):
        return None
    return ", ".join(f"{key}={value}" for key, value in given.items())
