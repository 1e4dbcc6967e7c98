"""Findings and alerts by filters, a page at a time."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from tocsin.canonical import canonical_bytes
from tocsin.events.decode import decode
from tocsin_server.alerts.filters import filtered
from tocsin_server.alerts.models import Alert, AlertFinding, Unreadable
from tocsin_server.alerts.schemas import (
    AlertQuery,
    AlertShown,
    FindingQuery,
    FindingShown,
    UnreadableQuery,
    UnreadableShown,
    alert_shown,
    finding_shown,
    unreadable_shown,
)
from tocsin_server.web.paging import Page, PageOrder, page
from tocsin_server.web.problem import missing


def finding(session: Session, id_: str, *, locked: bool = False) -> AlertFinding:
    """A finding. Raises ProblemError if there is none."""
    found = session.get(AlertFinding, id_, with_for_update=True if locked else None)
    if found is None:
        raise missing("finding")
    return found


def alert(session: Session, id_: str) -> Alert:
    """An alert. Raises ProblemError if there is none."""
    found = session.get(Alert, id_)
    if found is None:
        raise missing("alert")
    return found


def body(session: Session, id_: str, form: Literal["cloudevent", "ocsf"]) -> bytes:
    """The very bytes of an alert, or the OCSF Detection Finding in them."""
    told = alert(session, id_).body
    return told if form == "cloudevent" else canonical_bytes(decode(told)["data"])


def unreadable(session: Session, id_: str) -> Unreadable:
    """A record that is no alert. Raises ProblemError if there is none."""
    found = session.scalars(select(Unreadable).where(Unreadable.id == id_)).one_or_none()
    if found is None:
        raise missing("record")
    return found


def unreadables(session: Session, query: UnreadableQuery) -> Page[UnreadableShown]:
    """Records that are no alerts, the newest first."""
    bare = select(Unreadable).options(defer(Unreadable.body, raiseload=True))
    return page(session, bare, PageOrder(Unreadable.stored, Unreadable.id), query, unreadable_shown)


def findings(session: Session, query: FindingQuery) -> Page[FindingShown]:
    """Findings, those with the newest alert first."""
    order = PageOrder(AlertFinding.last, AlertFinding.id)
    found, any_of = filtered(session, select(AlertFinding), order, query)
    return page(session, found, order, query, finding_shown, any_of=any_of)


def alerts(session: Session, query: AlertQuery) -> Page[AlertShown]:
    """Alerts, the newest first."""
    order = PageOrder(Alert.time, Alert.id)
    bare = select(Alert).options(defer(Alert.body, raiseload=True))
    found, any_of = filtered(session, bare, order, query)
    return page(session, found, order, query, alert_shown, any_of=any_of)
