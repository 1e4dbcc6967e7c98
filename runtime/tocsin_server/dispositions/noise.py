"""How much each detection says, and how much of that is worth it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import Finding
from tocsin_server.alerts.state import Disposition, State
from tocsin_server.database import now_ms
from tocsin_server.web.values import Asked, Line

_DAY = 86_400_000
_MOST = 1000
_STEPS = 30


class NoiseQuery(Asked):
    """Findings whose last alert is of the last `days`, by event time."""

    days: Annotated[int, Field(ge=1, le=365)] = 30
    environment: Line = ""


class DetectionShown(BaseModel):
    """A detection with its findings of some days, and their alerts.

    `undecided`: findings without a disposition, but for suppressed ones. `false_share`: the false
    positives among the findings that have a disposition; null if none has. `undecided_share`: of
    all findings. `trend`: alerts in equal parts of the time, of at least a day, the oldest first.
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
    trend: list[int]


_REASONED = ("alerts_a_day", "findings_a_day", "false_share", "undecided_share", "trend")
_COUNTED = [name for name in DetectionShown.model_fields if name not in _REASONED]


def noise(session: Session, query: NoiseQuery) -> list[DetectionShown]:
    """Those detections that have findings, the noisiest first."""
    start = now_ms() - query.days * _DAY
    states = (_number(Finding.state == each) for each in (State.OPEN, State.SUPPRESSED))
    judged = (_number(Finding.disposition == each) for each in Disposition if each)
    unsaid = and_(Finding.disposition == Disposition.NONE, Finding.state != State.SUPPRESSED)
    total = func.sum(Finding.count)
    counted = (func.max(Finding.title), func.count(), total, *states, *judged, _number(unsaid))
    asked = (
        select(Finding.detection, *counted)
        .where(*_those(query, start))
        .group_by(Finding.detection)
        .order_by(total.desc(), Finding.detection)
        .limit(_MOST)
    )
    trends = _trends(session, query, start)
    return [_shown(row, query.days, trends[row[0]]) for row in session.execute(asked)]


def _those(query: NoiseQuery, start: int) -> list[ColumnElement[bool]]:
    named = [Finding.environment == query.environment] if query.environment else []
    return [Finding.last >= start, *named]


def _trends(session: Session, query: NoiseQuery, start: int) -> dict[str, list[int]]:
    """Alerts by the time of their finding's last one; of the future, at the end."""
    steps = min(query.days, _STEPS)
    step = (Finding.last - start) // (query.days * _DAY // steps)
    asked = (
        select(Finding.detection, step.label("step"), func.sum(Finding.count))
        .where(*_those(query, start))
        .group_by(Finding.detection, "step")
    )
    found: dict[str, list[int]] = defaultdict(lambda: [0] * steps)
    for detection, at, alerts in session.execute(asked):
        found[detection][min(int(at), steps - 1)] += int(alerts)
    return found


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _shown(row: Sequence[Any], days: int, trend: list[int]) -> DetectionShown:
    told: dict[str, Any] = dict(zip(_COUNTED, row, strict=True))
    judged = sum(told[each] for each in Disposition if each)
    return DetectionShown(
        **told,
        alerts_a_day=told["alerts"] / days,
        findings_a_day=told["findings"] / days,
        false_share=told[Disposition.FALSE_POSITIVE] / judged if judged else None,
        undecided_share=told["undecided"] / told["findings"],
        trend=trend,
    )
