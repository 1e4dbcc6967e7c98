"""`/sinks` and `/deliveries`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tocsin_server.auth.access import EngineerAccess, ReaderAccess
from tocsin_server.sinks import service
from tocsin_server.sinks.schemas import DeliveryQuery, DeliveryShown, SinkShown, delivery_shown
from tocsin_server.web.paging import Page
from tocsin_server.web.session import ReadSession, WriteSession
from tocsin_server.web.values import DeliveryId

router = APIRouter(tags=["sinks"])


@router.get("/sinks")
def list_sinks(_: ReaderAccess, session: ReadSession, request: Request) -> list[SinkShown]:
    """Who is told of which findings, and how many messages wait, were sent, or given up."""
    return service.sinks(session, request.app.state.sinks)


@router.get("/deliveries")
def list_deliveries(
    _: ReaderAccess, session: ReadSession, query: Annotated[DeliveryQuery, Query()]
) -> Page[DeliveryShown]:
    """Messages to sinks, the newest first."""
    return service.listed(session, query)


@router.post("/deliveries/{id}/resend")
def resend_delivery(
    actor: EngineerAccess,
    session: WriteSession,
    id: DeliveryId,  # noqa: A002 - the name in the path
) -> DeliveryShown:
    """Send a message again that was sent or given up; it keeps its id."""
    return delivery_shown(service.resend(session, actor, id))
