"""Stores of what is deployed in a stream environment: records by key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tocsin import files, gate
from tocsin.release.keys import RELEASE

MOST_BYTES = 256 * gate.MIB


class RecordStore(Protocol):
    """The records of one environment; keys are those of `tocsin.release.keys`."""

    @property
    def name(self) -> str:
        """The name of the store in findings."""

    def records(self) -> Mapping[str, bytes]:
        """All records; none before the first `put`."""

    def put(self, records: Mapping[str, bytes | None]) -> None:
        """Write these records, None deletes one; durable on return.

        What a release names is there before the release is, and goes after it.
        """

    def altered(self) -> str:
        """What is wrong with the store itself, or nothing."""


class FolderRecords:
    """One file per record, below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._folder)

    def records(self) -> Mapping[str, bytes]:
        """What the files hold."""
        found = files.listed(self._folder)
        return {
            path.relative_to(self._folder).as_posix(): gate.read(path, MOST_BYTES) for path in found
        }

    def put(self, records: Mapping[str, bytes | None]) -> None:
        """Write or remove one file after the other."""
        for key, value in sorted(records.items(), key=writing_order):
            if value is None:
                files.remove(self._folder / key, self._folder)
            else:
                files.write(self._folder / key, value)

    def altered(self) -> str:
        """Nothing: the contents of the files are compared with the release."""
        return ""


def writing_order(record: tuple[str, bytes | None]) -> tuple[bool, bool, str]:
    """Sorts records so that what a release names is there before it, and goes after it."""
    key, value = record
    return value is None, key == RELEASE, key
