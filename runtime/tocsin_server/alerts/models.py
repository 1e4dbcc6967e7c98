"""Tables of alerts and findings, of how many there are, and of how far they were read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import TableBase


def _few(column: str) -> Index:
    """An index of those findings that have something there, which most have not."""
    has = text(f"{column} != ''")
    return Index(None, column, "last", "id", postgresql_where=has, sqlite_where=has)


class AlertFinding(TableBase):
    """Alerts that belong together: of one detection, with one key, close in event time.

    `first` and `last` are event times, `count` that of the alerts. `key` is the one that alerts
    carry for their detection's `dedup`, and empty where there is none: then a finding has one
    alert. `by`: the values behind the key; `window`: how much event time it covers at most, in
    milliseconds. `opened` and `changed`: when the database was written. `revision` counts changes.
    `suppressed_by`: the suppression that all alerts of a suppressed finding fall under.
    `closed_count`: how many alerts it had when it was last closed, 0 if people opened it since;
    `reopened`: when a new alert opened it again, empty as soon as people close or open it.
    """

    __tablename__ = "findings"

    id: Mapped[str] = mapped_column(primary_key=True)
    detection: Mapped[str]
    title: Mapped[str]
    severity: Mapped[int]
    environment: Mapped[str]
    key: Mapped[str]
    by: Mapped[dict[str, Any]]
    window: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    count: Mapped[int]
    opened: Mapped[int]
    changed: Mapped[int]
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="open")
    disposition: Mapped[str] = mapped_column(server_default="")
    assignee: Mapped[str] = mapped_column(server_default="")
    suppressed_by: Mapped[str] = mapped_column(server_default="")
    closed_count: Mapped[int] = mapped_column(server_default="0")
    reopened: Mapped[int | None]

    __table_args__ = (
        Index(None, "detection", "key", "first"),
        *(Index(None, name, "last", "id") for name in ("detection", "environment", "severity")),
        Index(None, "state", "last", "id"),
        *map(_few, ("disposition", "assignee", "suppressed_by")),
        Index(None, "last", "id"),
        Index(None, "changed", "id"),
    )


class Alert(TableBase):
    """An alert as it was raised. It never changes, and is never dropped.

    `body`: the very bytes. `time`: event time of what completed it, or when it was made, if events
    tell none. `made`: by the worker; `stored`: here.
    """

    __tablename__ = "alerts"

    id: Mapped[str] = mapped_column(primary_key=True)
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))
    detection: Mapped[str]
    version: Mapped[int]
    release: Mapped[int]
    environment: Mapped[str]
    title: Mapped[str]
    severity: Mapped[int]
    time: Mapped[int]
    made: Mapped[int]
    stored: Mapped[int]
    body: Mapped[bytes]

    __table_args__ = (
        *(Index(None, name, "time", "id") for name in ("finding", "detection")),
        *(Index(None, name, "time", "id") for name in ("environment", "severity")),
        Index(None, "time", "id"),
    )


class Title(TableBase):
    """The titles that a detection's alerts ever had; few, so that titles are looked for here.

    `folded`: the title without regard to case.
    """

    __tablename__ = "titles"

    detection: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(primary_key=True)
    folded: Mapped[str]


class FindingTally(TableBase):
    """How many findings of a detection have their last alert on a day, and what became of them.

    `undecided`: neither suppressed nor with a disposition. `day`: days since 1970 UTC. Written
    together with the findings, so that nobody counts them.
    """

    __tablename__ = "tallies"

    detection: Mapped[str] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    findings: Mapped[int]
    alerts: Mapped[int]
    open: Mapped[int]
    suppressed: Mapped[int]
    true_positive: Mapped[int]
    benign: Mapped[int]
    false_positive: Mapped[int]
    undecided: Mapped[int]

    __table_args__ = (Index(None, "day"),)


class Unreadable(TableBase):
    """What came where alerts come from, and is none that this version can read.

    `id`: a digest of its place.
    """

    __tablename__ = "unreadable"

    stream: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    body: Mapped[bytes]
    stored: Mapped[int]
    id: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (Index(None, "stored", "id"), Index(None, "id"))


class Position(TableBase):
    """How far a stream was read: the next place, written together with what came before it."""

    __tablename__ = "positions"

    stream: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int]
