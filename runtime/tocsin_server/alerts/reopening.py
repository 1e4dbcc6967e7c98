"""Opens closed findings again when new alerts come to them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.rows import parts
from tocsin_server.alerts.state import FindingState
from tocsin_server.audit.service import record
from tocsin_server.auth.role import Actor, Role
from tocsin_server.database import now_ms

_ALERTS = Actor("", "new alerts", Role.READER)


def reopen(session: Session, homes: Mapping[str, str]) -> None:
    """Open the findings of these new alerts, none of which is suppressed, if they are closed.

    Whoever closed one judged the alerts that it had. What they said of it stays.
    """
    for some in parts(sorted(set(homes.values()))):
        closed = select(AlertFinding.id).where(
            AlertFinding.id.in_(some), AlertFinding.state == FindingState.CLOSED
        )
        for id_ in session.scalars(closed).all():
            opened = {"state": FindingState.OPEN.value, "reopened": now_ms()}
            session.execute(update(AlertFinding).where(AlertFinding.id == id_).values(**opened))
            before = {"state": FindingState.CLOSED.value}
            after = {"state": FindingState.OPEN.value}
            record(session, _ALERTS, "finding.reopened", id_, before=before, after=after)
