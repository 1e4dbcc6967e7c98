"""The two interfaces of a ledger: planners read, apply writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tocsin.release.entry import Entry
from tocsin.state.release import Release


class StateReader(Protocol):
    """What planners see of the releases of one environment."""

    @property
    def environment(self) -> str:
        """Name of the environment."""

    def last(self) -> Release | None:
        """The newest release, None before the first."""

    def releases(self) -> list[Release]:
        """All releases, newest first."""

    def bodies(self, release: Release, entries: Iterable[Entry]) -> Mapping[str, bytes]:
        """Stored bytes of these entries of a release, by artifact digest.

        Raises LedgerError if bytes are missing or do not have the digest that is recorded.
        """


class Ledger(StateReader, Protocol):
    """What apply may do as well."""

    def commit(self, release: Release, files: Mapping[str, bytes]) -> Release:
        """Append the release, if `release.parent` is still the last one.

        `files` are further files of the release by path (`plan.json`, new `artifacts/…`); artifacts
        that the parent already holds are taken from there. Gives the release with its commit.
        Raises StaleError if another release was faster.
        """
