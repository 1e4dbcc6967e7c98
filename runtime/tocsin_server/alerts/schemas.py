"""Findings and alerts as the API shows them, and how they are asked for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from tocsin_server.alerts.models import Alert, AlertFinding, Unreadable
from tocsin_server.alerts.state import AlertSeverity, Disposition, FindingState, severity
from tocsin_server.web.paging import Paged
from tocsin_server.web.values import AskedMoment, FindingId, Line, iso, iso_or_none

Names = Annotated[tuple[Line, ...], Field(max_length=50)]


class AlertQuery(Paged):
    """Which alerts. Several values of a filter mean any of them. Times are event times."""

    detection: Names = ()
    severity: tuple[AlertSeverity, ...] = ()
    environment: Names = ()
    finding: FindingId | None = None
    since: Annotated[AskedMoment | None, Field(description="At this time or later.")] = None
    before: Annotated[AskedMoment | None, Field(description="Earlier than this time.")] = None
    title: Annotated[Line, Field(description="Part of the title, in any case.")] = ""


class FindingQuery(Paged):
    """Which findings. Several values of a filter mean any of them. Times are of the last alert."""

    detection: Names = ()
    severity: tuple[AlertSeverity, ...] = ()
    environment: Names = ()
    state: tuple[FindingState, ...] = ()
    disposition: tuple[Disposition, ...] = ()
    assignee: Names = ()
    suppressed_by: Line = ""
    since: Annotated[AskedMoment | None, Field(description="At this time or later.")] = None
    before: Annotated[AskedMoment | None, Field(description="Earlier than this time.")] = None
    title: Annotated[Line, Field(description="Part of the title, in any case.")] = ""


class UnreadableQuery(Paged):
    """Which page of records that are no alerts."""


class FindingShown(BaseModel):
    """Alerts of one detection that belong together, and what people made of them.

    `key` is empty where the detection has no `dedup`; `by` has the values behind it. `first` and
    `last` are event times; `changed` is when the finding was last written. `reopened`: when a new
    alert opened it again; `since_closed`: alerts since people closed it.
    """

    id: str
    detection: str
    title: str
    severity: AlertSeverity
    environment: str
    key: str
    by: dict[str, Any]
    window_ms: int
    first: str
    last: str
    count: int
    opened: str
    changed: str
    revision: int
    state: FindingState
    disposition: Disposition
    assignee: str
    suppressed_by: str
    reopened: str | None
    since_closed: int


class AlertShown(BaseModel):
    """An alert without its body. `time`: event time; `made`: by the worker; `stored`: here."""

    id: str
    finding: str
    detection: str
    version: int
    release: int
    environment: str
    title: str
    severity: AlertSeverity
    time: str
    made: str
    stored: str


class UnreadableShown(BaseModel):
    """A record where alerts come from that is none, and why. `stored`: when it was read.

    `place`: its offset in the partition of a topic, or the byte of a file where its line begins.
    """

    id: str
    stream: str
    partition: int
    place: int
    reason: str
    stored: str


_PLAIN = ("id", "detection", "title", "environment", "key", "by", "count", "revision")
_TRIAGE = ("state", "disposition", "assignee", "suppressed_by")
_TIMES = ("first", "last", "opened", "changed")
_TIMES_OF_ALERT = ("time", "made", "stored")
_OF_ALERT = ("id", "finding", "detection", "version", "release", "environment", "title")


def finding_shown(finding: AlertFinding) -> FindingShown:
    """A row as it is shown."""
    times: dict[str, Any] = {name: iso(getattr(finding, name)) for name in _TIMES}
    return FindingShown(
        **{name: getattr(finding, name) for name in (*_PLAIN, *_TRIAGE)},
        **times,
        severity=severity(finding.severity),
        window_ms=finding.window,
        reopened=iso_or_none(finding.reopened),
        since_closed=finding.count - finding.closed_count if finding.closed_count else 0,
    )


def unreadable_shown(record: Unreadable) -> UnreadableShown:
    """A row as it is shown."""
    told = {n: getattr(record, n) for n in ("id", "stream", "partition", "place", "reason")}
    return UnreadableShown(stored=iso(record.stored), **told)


def alert_shown(alert: Alert) -> AlertShown:
    """A row as it is shown."""
    times: dict[str, Any] = {name: iso(getattr(alert, name)) for name in _TIMES_OF_ALERT}
    return AlertShown(
        **{name: getattr(alert, name) for name in _OF_ALERT},
        **times,
        severity=severity(alert.severity),
    )
