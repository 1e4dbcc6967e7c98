"""What the API answers with, as values. Times are aware, and in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, RootModel

SeverityWord = Literal["unknown", "informational", "low", "medium", "high", "critical", "fatal"]
StateWord = Literal["open", "closed", "suppressed"]
DispositionWord = Literal["", "true_positive", "benign", "false_positive"]
KindWord = Literal["silence", "exception"]
MessageWord = Literal["finding.opened", "finding.reopened", "finding.changed"]
DeliveryWord = Literal["waiting", "sent", "dead"]


class Answered(BaseModel):
    """Members that a newer server adds are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FindingView(Answered):
    """Alerts of one detection that belong together, and what people made of them.

    `etag`: what a change sends as If-Match; empty where it came in a list or as an event.
    """

    id: str
    detection: str
    title: str
    severity: SeverityWord
    environment: str
    key: str
    by: Mapping[str, Any]
    window_ms: int
    first: datetime
    last: datetime
    count: int
    opened: datetime
    changed: datetime
    revision: int
    state: StateWord
    disposition: DispositionWord
    assignee: str
    suppressed_by: str
    reopened: datetime | None
    since_closed: int
    etag: str = ""


class AlertView(Answered):
    """An alert without its body. `time`: event time; `made`: by the worker; `stored`: there."""

    id: str
    finding: str
    detection: str
    version: int
    release: int
    environment: str
    title: str
    severity: SeverityWord
    time: datetime
    made: datetime
    stored: datetime


class UnreadableView(Answered):
    """A record where alerts come from that is none, and why."""

    id: str
    stream: str
    partition: int
    place: int
    reason: str
    stored: datetime


class CommentView(Answered):
    """What someone said of a finding."""

    id: int
    time: datetime
    actor: str
    name: str
    text: str


class NoiseView(Answered):
    """A detection with its findings of some days, their alerts, and what they turned out to be.

    `undecided`: findings of which nobody has said, but for suppressed ones. `false_share`: the
    false positives among those of which somebody has. `trend`: alerts in equal parts of the time.
    """

    detection: str
    title: str
    findings: int
    alerts: int
    open: int
    suppressed: int
    true_positive: int
    benign: int
    false_positive: int
    undecided: int
    alerts_a_day: float
    findings_a_day: float
    false_share: float | None
    undecided_share: float
    trend: Sequence[int]


class NoiseList(RootModel[Sequence[NoiseView]]):
    """The detections of an answer."""


class ListedPage(Answered):
    """A page of a list."""

    items: Sequence[Any]
    next: str | None


class SuppressionView(Answered):
    """A silence or an exception. `ended`: when someone ended it before it expired."""

    id: str
    kind: KindWord
    detection: str
    environment: str
    fields: Mapping[str, Sequence[str]]
    condition: Mapping[str, Any]
    reason: str
    owner: str
    ticket: str
    created: datetime
    expires: datetime
    ended: datetime | None
    hits: int
    last_hit: datetime | None


class ChangeView(Answered):
    """A change: who, when, what, and how it was before and after."""

    id: int
    time: datetime
    actor: str
    name: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


class SinkView(Answered):
    """Who is told of which findings, and how many messages wait, were sent, or given up."""

    name: str
    kind: str
    level: SeverityWord
    detections: Sequence[str]
    environments: Sequence[str]
    updates: bool
    waiting: int
    sent: int
    dead: int


class SinkList(RootModel[Sequence[SinkView]]):
    """The sinks of an answer."""


class DeliveryView(Answered):
    """A message to a sink. `due`: when it is tried next; `reason`: why the last try failed."""

    id: str
    sink: str
    finding: str
    type: MessageWord
    state: DeliveryWord
    tries: int
    created: datetime
    due: datetime | None
    ended: datetime | None
    reason: str


class IntakeView(Answered):
    """How one stream of alerts is read."""

    behind: int
    error: str


class HealthView(Answered):
    """Whether the server does its work."""

    status: Literal["ok", "failing"]
    database: Literal["reachable", "away"]
    tables: Literal["current", "other", "unknown"]
    intakes: Sequence[IntakeView]
