"""`/audit`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from tocsin_server.audit.models import AuditedChange
from tocsin_server.audit.schemas import AuditQuery, ChangeShown, shown
from tocsin_server.auth.access import AdminAccess
from tocsin_server.web.paging import Page, PageOrder, page
from tocsin_server.web.session import ReadSession
from tocsin_server.web.values import millis

router = APIRouter(tags=["audit"])


@router.get("/audit")
def list_changes(
    _: AdminAccess, session: ReadSession, query: Annotated[AuditQuery, Query()]
) -> Page[ChangeShown]:
    """Changes, the newest first."""
    found = select(AuditedChange)
    for name in ("subject", "actor", "action"):
        if wanted := getattr(query, name):
            found = found.where(getattr(AuditedChange, name) == wanted)
    if query.since:
        found = found.where(AuditedChange.time >= millis(query.since))
    if query.before:
        found = found.where(AuditedChange.time < millis(query.before))
    return page(session, found, PageOrder(AuditedChange.time, AuditedChange.id), query, shown)
