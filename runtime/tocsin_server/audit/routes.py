"""`/audit`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from tocsin_server.audit.models import Change
from tocsin_server.audit.schemas import AuditQuery, ChangeShown, shown
from tocsin_server.auth.access import Admin
from tocsin_server.web.paging import Order, Page, page
from tocsin_server.web.session import ReadSession
from tocsin_server.web.values import millis

router = APIRouter(tags=["audit"])


@router.get("/audit")
def list_changes(
    _: Admin, session: ReadSession, query: Annotated[AuditQuery, Query()]
) -> Page[ChangeShown]:
    """Changes, the newest first."""
    found = select(Change)
    for name in ("subject", "actor", "action"):
        if wanted := getattr(query, name):
            found = found.where(getattr(Change, name) == wanted)
    if query.since:
        found = found.where(Change.time >= millis(query.since))
    if query.before:
        found = found.where(Change.time < millis(query.before))
    return page(session, found, Order(Change.time, Change.id), query, shown)
