"""Writes the audit log, in the transaction of the change itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tocsin_server.audit.models import AuditedChange
from tocsin_server.auth.role import Actor
from tocsin_server.database import now_ms


def record(  # noqa: PLR0913 - all that a change says
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    """Note a change."""
    session.add(
        AuditedChange(
            time=now_ms(),
            actor=actor.id,
            name=actor.name,
            action=action,
            subject=subject,
            before=before,
            after=after,
        )
    )
