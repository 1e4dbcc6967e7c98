"""The two interfaces of a ledger: planners read, apply writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tocsin.release.entry import Entry
from tocsin.state.ledger_event import AnyEvent, LedgerEvent
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

    def events(self) -> list[AnyEvent]:
        """What happened besides, oldest first."""

    def bodies(self, release: Release, entries: Iterable[Entry]) -> Mapping[str, bytes]:
        """Stored bytes of these entries of a release, by artifact digest.

        Raises LedgerError if bytes are missing or do not have the digest that is recorded.
        """


class Ledger(StateReader, Protocol):
    """What apply may do as well."""

    def commit(
        self,
        release: Release,
        files: Mapping[str, bytes],
        events: Sequence[LedgerEvent] = (),
        content_of: str = "",
    ) -> Release:
        """Append the release, if `release.parent` is still the last one, with events of it.

        `files` are further files of the release by path (`plan.json`, new `artifacts/…`,
        `content/…`); artifacts that the parent already holds are taken from there, and the content
        from the release in commit `content_of`, if one is given. Gives the release as it is stored.
        Raises StaleError if another release was faster.
        """

    def record(self, *events: LedgerEvent) -> None:
        """Append events without a release."""
