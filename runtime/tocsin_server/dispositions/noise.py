"""How much each detection says, and how much of that is worth it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import AlertFinding, FindingTally
from tocsin_server.alerts.state import Disposition
from tocsin_server.alerts.tallies import COUNTED, DAY
from tocsin_server.database import now_ms
from tocsin_server.web.values import AskedValues, Line

_MOST = 1000
_STEPS = 30


class NoiseQuery(AskedValues):
    """Findings whose last alert is of the last `days` of UTC, today included, by event time."""

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


def noise(session: Session, query: NoiseQuery) -> list[DetectionShown]:
    """Those detections that have findings, the noisiest first, with their newest titles."""
    counted = [func.sum(getattr(FindingTally, name)).label(name) for name in COUNTED]
    told = (
        select(FindingTally.detection, *counted)
        .where(*_those(query))
        .group_by(FindingTally.detection)
        .having(func.sum(FindingTally.findings) > 0)
        .order_by(func.sum(FindingTally.alerts).desc(), FindingTally.detection)
        .limit(_MOST)
        .subquery()
    )
    newest = select(AlertFinding.title).where(AlertFinding.detection == told.c.detection)
    title = (
        newest.order_by(AlertFinding.last.desc(), AlertFinding.id.desc()).limit(1).scalar_subquery()
    )
    asked = select(told, title).order_by(told.c.alerts.desc(), told.c.detection)
    trends = _trends(session, query)
    return [_shown(row, query.days, trends[row[0]]) for row in session.execute(asked)]


def _first(query: NoiseQuery) -> int:
    return now_ms() // DAY - query.days + 1


def _those(query: NoiseQuery) -> list[ColumnElement[bool]]:
    named = [FindingTally.environment == query.environment] if query.environment else []
    return [FindingTally.day >= _first(query), *named]


def _trends(session: Session, query: NoiseQuery) -> dict[str, list[int]]:
    """Alerts by the day of their finding's last one; of the future, at the end."""
    steps = min(query.days, _STEPS)
    step = (FindingTally.day - _first(query)) * steps // query.days
    asked = (
        select(FindingTally.detection, step.label("step"), func.sum(FindingTally.alerts))
        .where(*_those(query))
        .group_by(FindingTally.detection, "step")
    )
    found: dict[str, list[int]] = defaultdict(lambda: [0] * steps)
    for detection, at, alerts in session.execute(asked):
        found[detection][min(int(at), steps - 1)] += int(alerts)
    return found


def _shown(row: Sequence[Any], days: int, trend: list[int]) -> DetectionShown:
    detection, *counted, title = row
    # PostgreSQL sums to a Decimal.
    told: dict[str, int] = {n: int(v) for n, v in zip(COUNTED, counted, strict=True)}
    judged = sum(told[each] for each in Disposition if each)
    return DetectionShown(
        **{"detection": detection, "title": title, **told},
        alerts_a_day=told["alerts"] / days,
        findings_a_day=told["findings"] / days,
        false_share=told[Disposition.FALSE_POSITIVE] / judged if judged else None,
        undecided_share=told["undecided"] / told["findings"],
        trend=trend,
    )
