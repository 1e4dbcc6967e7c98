"""The page of a finding."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tocsin_server.alerts import queries
from tocsin_server.alerts.routes import CLOUDEVENT
from tocsin_server.console import finding_view
from tocsin_server.console.pages import page
from tocsin_server.console.visitor import SignedIn
from tocsin_server.web.session import ReadSession
from tocsin_server.web.values import AlertId, FindingId

router = APIRouter()


@router.get("/findings/{id}")
def show_finding(
    request: Request,
    who: SignedIn,
    session: ReadSession,
    id: FindingId,  # noqa: A002 - the name in the path
    alert: Annotated[AlertId | None, Query()] = None,
) -> Response:
    """A finding, with one of its alerts: the newest, or the one that is asked for."""
    seen = finding_view.look(session, request, who, id, alert)
    return page(
        request, "finding.html", who,
        title=seen.finding.title, seen=seen, sent={}, sent_form="", wrong=(), file=None,
    )  # fmt: skip


@router.get("/alerts/{id}/body")
def read_alert_body(
    _: SignedIn,
    session: ReadSession,
    id: AlertId,  # noqa: A002 - the name in the path
) -> Response:
    """The bytes of an alert, to be kept as a file: no browser shows them as a page."""
    found = queries.alert(session, id)
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.json"'}
    return Response(found.body, media_type=CLOUDEVENT, headers=headers)
