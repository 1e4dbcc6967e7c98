"""`/findings` and `/alerts`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from tocsin_server.alerts import queries
from tocsin_server.alerts.feed import Feed
from tocsin_server.alerts.schemas import (
    AlertQuery,
    AlertShown,
    FindingQuery,
    FindingShown,
    UnreadableQuery,
    UnreadableShown,
    alert_shown,
    finding_shown,
)
from tocsin_server.auth.access import ReaderAccess
from tocsin_server.web.paging import Page
from tocsin_server.web.session import ReadSession
from tocsin_server.web.values import AlertId, FindingId
from tocsin_server.web.versions import IfNoneMatch, etag, is_known

router = APIRouter()
CLOUDEVENT, EVENTS = "application/cloudevents+json", "text/event-stream"
BYTES, MEDIA = "application/octet-stream", {"cloudevent": CLOUDEVENT, "ocsf": "application/json"}
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,15}-[0-9a-f]{32}$")
]


@router.get("/findings", tags=["findings"])
def list_findings(
    _: ReaderAccess, session: ReadSession, query: Annotated[FindingQuery, Query()]
) -> Page[FindingShown]:
    """Findings, those with the newest alert first."""
    return queries.findings(session, query)


@router.get(
    "/findings/{id}",
    tags=["findings"],
    response_model=FindingShown,
    responses={304: {"description": "It is still the one of `If-None-Match`."}},
)
def read_finding(
    _: ReaderAccess,
    session: ReadSession,
    id: FindingId,  # noqa: A002 - the name in the path
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> FindingShown | Response:
    """A finding. Its ETag is what a change sends as If-Match."""
    found = queries.finding(session, id)
    tag = etag(found.id, found.revision)
    if is_known(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return finding_shown(found)


@router.get(
    "/events",
    tags=["findings"],
    response_class=StreamingResponse,
    responses={200: {"description": "The stream.", "content": {EVENTS: {}}}},
)
async def follow_findings(_: ReaderAccess, request: Request, last: LastEventId = None) -> Response:
    """New and changed findings as server-sent events, until the stream ends.

    An event `finding` has a finding as `GET /findings/{id}` shows it; the same revision may come
    more than once. After `reset` too much has changed: load the list again. A client that asks
    again sends the id of the last event as `Last-Event-ID`.
    """
    feed: Feed = request.app.state.feed
    feed.admit()
    return StreamingResponse(feed.follow(last), media_type=EVENTS)


@router.get("/alerts", tags=["alerts"])
def list_alerts(
    _: ReaderAccess, session: ReadSession, query: Annotated[AlertQuery, Query()]
) -> Page[AlertShown]:
    """Alerts, the newest first."""
    return queries.alerts(session, query)


@router.get("/alerts/{id}", tags=["alerts"])
def read_alert(
    _: ReaderAccess,
    session: ReadSession,
    id: AlertId,  # noqa: A002 - the name in the path
) -> AlertShown:
    """An alert without its body."""
    return alert_shown(queries.alert(session, id))


@router.get(
    "/alerts/{id}/body",
    tags=["alerts"],
    response_class=Response,
    responses={
        200: {"description": "The alert.", "content": {each: {} for each in MEDIA.values()}}
    },
)
def read_body(
    _: ReaderAccess,
    session: ReadSession,
    id: AlertId,  # noqa: A002 - the name in the path
    form: Annotated[Literal["cloudevent", "ocsf"], Query(alias="format")] = "cloudevent",
) -> Response:
    """The bytes of the alert as they were read, or the OCSF Detection Finding in them."""
    return Response(queries.body(session, id, form), media_type=MEDIA[form])


@router.get("/unreadable", tags=["unreadable"])
def list_unreadable(
    _: ReaderAccess, session: ReadSession, query: Annotated[UnreadableQuery, Query()]
) -> Page[UnreadableShown]:
    """Records that came where alerts come from and are none, the newest first."""
    return queries.unreadables(session, query)


@router.get(
    "/unreadable/{id}/body",
    tags=["unreadable"],
    response_class=Response,
    responses={200: {"description": "The record.", "content": {BYTES: {}}}},
)
def read_unreadable(
    _: ReaderAccess,
    session: ReadSession,
    id: FindingId,  # noqa: A002 - the name in the path
) -> Response:
    """The bytes of such a record as they were read."""
    headers = {"Content-Disposition": f'attachment; filename="{id}"'}
    return Response(queries.unreadable(session, id).body, media_type=BYTES, headers=headers)
