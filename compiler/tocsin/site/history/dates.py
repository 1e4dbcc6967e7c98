"""The times that are asked about, and those that a ledger tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from tocsin.errors import ConfigError

_DAY = len("2026-11-30")


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """As somebody wrote it: a moment `at`, or `begin` to `end`, all dates or times (UTC).

    What is empty is the beginning of the ledger, or its end.
    """

    at: str = ""
    begin: str = ""
    end: str = ""

    @property
    def last(self) -> str:
        """The last second that is asked about; empty for the end of the ledger."""
        text = self.at or self.end
        return moment(text) if text else ""

    @property
    def first(self) -> str:
        """The first second; empty for the beginning of the ledger. Raises ConfigError."""
        begin = moment(self.begin, time.min) if self.begin else ""
        if self.at and (self.begin or self.end):
            raise ConfigError("a period has no --at", hint="give --at DATE, or --from and --to")
        if begin and self.last and begin > self.last:
            raise ConfigError(f"the period from {self.begin} to {self.end} ends before it begins")
        return begin


def moment(text: str, of_day: time = time.max) -> str:
    """A time, or this time of a day; ConfigError if it is neither."""
    try:
        found = datetime.fromisoformat(text)
        if len(text) <= _DAY:
            found = datetime.combine(found, of_day)
        return utc(found.isoformat())
    except (ValueError, OverflowError):
        raise ConfigError(f"not a date: {text}", hint="for example 2026-11-30") from None


def utc(text: str) -> str:
    """A time that a ledger tells, so that texts of times compare."""
    found = datetime.fromisoformat(text)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")
