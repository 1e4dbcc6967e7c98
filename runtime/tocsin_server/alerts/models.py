"""Tables of alerts and findings, and of how far they were read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tocsin_server.base import Base


class Finding(Base):
    """Alerts that belong together: of one detection, with one key, close in event time.

    `first` and `last` are event times, `count` that of the alerts. `key` is the one that alerts
    carry for their detection's `dedup`, and empty where there is none: then a finding has one
    alert. `by`: the values behind the key; `window`: how much event time it covers at most, in
    milliseconds. `opened` and `changed`: when the database was written. `revision` counts changes.
    `suppressed_by`: the suppression that all alerts of a suppressed finding fall under.
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

    __table_args__ = (
        Index(None, "detection", "key", "first"),
        Index(None, "detection", "last", "id"),
        Index(None, "state", "last", "id"),
        Index(None, "last", "id"),
        Index(None, "changed", "id"),
    )


class Alert(Base):
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
        Index(None, "finding", "time", "id"),
        Index(None, "detection", "time", "id"),
        Index(None, "time", "id"),
    )


class Unreadable(Base):
    """What came where alerts come from, and is none that this version can read."""

    __tablename__ = "unreadable"

    stream: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    body: Mapped[bytes]
    stored: Mapped[int]


class Position(Base):
    """How far a stream was read: the next place, written together with what came before it."""

    __tablename__ = "positions"

    stream: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int]
