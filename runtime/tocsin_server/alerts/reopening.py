"""Opens closed findings again when new alerts come to them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tocsin_server.alerts.models import Finding
from tocsin_server.alerts.rows import parts
from tocsin_server.alerts.state import State
from tocsin_server.audit.service import record
from tocsin_server.auth.role import Actor, Role
from tocsin_server.database import now_ms

_ALERTS = Actor("", "new alerts", Role.READER)


def reopen(session: Session, homes: Mapping[str, str]) -> None:
    """Open the findings of these new alerts, none of which is suppressed, if they are closed.

    Whoever closed one judged the alerts that it had. What they said of it stays.
    """
    for some in parts(sorted(set(homes.values()))):
        closed = select(Finding.id).where(Finding.id.in_(some), Finding.state == State.CLOSED)
        for id_ in session.scalars(closed).all():
            opened = {"state": State.OPEN.value, "reopened": now_ms()}
            session.execute(update(Finding).where(Finding.id == id_).values(**opened))
            before = {"state": State.CLOSED.value}
            after = {"state": State.OPEN.value}
            record(session, _ALERTS, "finding.reopened", id_, before=before, after=after)
