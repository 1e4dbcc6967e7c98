"""How much each detection says, and how much of that is worth it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import Finding
from tocsin_server.alerts.state import Disposition, State
from tocsin_server.database import now_ms
from tocsin_server.web.values import Asked, Line

_DAY = 86_400_000
_MOST = 1000


class NoiseQuery(Asked):
    """Findings whose last alert is of the last `days`, by event time."""

    days: Annotated[int, Field(ge=1, le=365)] = 30
    environment: Line = ""


class DetectionShown(BaseModel):
    """A detection with its findings of some days, and their alerts.

    `false_share`: the false positives among the findings that have a disposition; null if none has.
    """

    detection: str
    title: str
    findings: int
    alerts: int
    alerts_a_day: float
    open: int
    suppressed: int
    true_positive: int
    benign: int
    false_positive: int
    false_share: float | None


_REASONED = ("alerts_a_day", "false_share")
_COUNTED = [name for name in DetectionShown.model_fields if name not in _REASONED]


def noise(session: Session, query: NoiseQuery) -> list[DetectionShown]:
    """Those detections that have findings, the noisiest first."""
    states = (_number(Finding.state == each) for each in (State.OPEN, State.SUPPRESSED))
    judged = (_number(Finding.disposition == each) for each in Disposition if each)
    total = func.sum(Finding.count)
    asked = (
        select(Finding.detection, func.max(Finding.title), func.count(), total, *states, *judged)
        .where(Finding.last >= now_ms() - query.days * _DAY)
        .group_by(Finding.detection)
        .order_by(total.desc(), Finding.detection)
        .limit(_MOST)
    )
    if query.environment:
        asked = asked.where(Finding.environment == query.environment)
    return [_shown(list(row), query.days) for row in session.execute(asked)]


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _shown(row: list[Any], days: int) -> DetectionShown:
    told: dict[str, Any] = dict(zip(_COUNTED, row, strict=True))
    judged = [told[each] for each in Disposition if each]
    share = told[Disposition.FALSE_POSITIVE] / sum(judged) if any(judged) else None
    return DetectionShown(alerts_a_day=told["alerts"] / days, false_share=share, **told)
