"""Findings and alerts by filters, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from tocsin_server.alerts.models import Alert, Finding
from tocsin_server.alerts.schemas import (
    AlertQuery,
    AlertShown,
    FindingQuery,
    FindingShown,
    alert_shown,
    finding_shown,
)
from tocsin_server.web.paging import Order, Page, page
from tocsin_server.web.problem import missing
from tocsin_server.web.values import millis

_LIKE_ALERTS = ("detection", "environment")
_LIKE_FINDINGS = (*_LIKE_ALERTS, "state", "disposition", "assignee")


def finding(session: Session, id_: str, *, locked: bool = False) -> Finding:
    """A finding. Raises ProblemError if there is none."""
    found = session.get(Finding, id_, with_for_update=True if locked else None)
    if found is None:
        raise missing("finding")
    return found


def alert(session: Session, id_: str) -> Alert:
    """An alert. Raises ProblemError if there is none."""
    found = session.get(Alert, id_)
    if found is None:
        raise missing("alert")
    return found


def findings(session: Session, query: FindingQuery) -> Page[FindingShown]:
    """Findings, those with the newest alert first."""
    found = _filtered(select(Finding), Finding, Finding.last, query, _LIKE_FINDINGS)
    if query.suppressed_by:
        found = found.where(Finding.suppressed_by == query.suppressed_by)
    return page(session, found, Order(Finding.last, Finding.id), query, finding_shown)


def alerts(session: Session, query: AlertQuery) -> Page[AlertShown]:
    """Alerts, the newest first."""
    bare = select(Alert).options(defer(Alert.body, raiseload=True))
    found = _filtered(bare, Alert, Alert.time, query, _LIKE_ALERTS)
    if query.finding:
        found = found.where(Alert.finding == query.finding)
    return page(session, found, Order(Alert.time, Alert.id), query, alert_shown)


def _filtered(
    found: Select[Any],
    model: type[Alert | Finding],
    time: InstrumentedAttribute[int],
    query: AlertQuery | FindingQuery,
    names: Sequence[str],
) -> Select[Any]:
    for name in names:
        if wanted := getattr(query, name):
            found = found.where(getattr(model, name).in_(wanted))
    if query.severity:
        found = found.where(model.severity.in_([each.number for each in query.severity]))
    if query.since:
        found = found.where(time >= millis(query.since))
    if query.before:
        found = found.where(time < millis(query.before))
    if query.title:
        found = found.where(model.title.icontains(query.title, autoescape=True))
    return found
