"""`/suppressions`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tocsin_server.auth.access import AnalystAccess, EngineerAccess, ReaderAccess, require
from tocsin_server.auth.role import Role
from tocsin_server.suppressions import service
from tocsin_server.suppressions.models import EXCEPTION
from tocsin_server.suppressions.schemas import (
    ExceptionAsked,
    SilenceAsked,
    SuppressionQuery,
    SuppressionShown,
    suppression_shown,
)
from tocsin_server.web.paging import Page
from tocsin_server.web.session import ReadSession, WriteSession
from tocsin_server.web.values import SuppressionId

router = APIRouter(prefix="/suppressions", tags=["suppressions"])


@router.get("")
def list_suppressions(
    _: ReaderAccess, session: ReadSession, query: Annotated[SuppressionQuery, Query()]
) -> Page[SuppressionShown]:
    """Silences and exceptions, the newest first."""
    return service.listed(session, query)


@router.get("/{id}")
def read_suppression(
    _: ReaderAccess,
    session: ReadSession,
    id: SuppressionId,  # noqa: A002 - the name in the path
) -> SuppressionShown:
    """A silence or an exception."""
    return suppression_shown(service.find(session, id))


@router.post("/silences", status_code=201)
def create_silence(
    actor: AnalystAccess, session: WriteSession, asked: SilenceAsked
) -> SuppressionShown:
    """Silence alerts that come from now on, until a time."""
    return suppression_shown(service.silence(session, actor, asked))


@router.post("/exceptions", status_code=201)
def create_exception(
    actor: EngineerAccess, session: WriteSession, asked: ExceptionAsked, request: Request
) -> SuppressionShown:
    """Make an exception from a detection, if all its firing cases still fire."""
    made = service.exception(session, actor, request.app.state.rules, asked)
    return suppression_shown(made)


@router.post("/{id}/end")
def end_suppression(
    actor: AnalystAccess,
    session: WriteSession,
    id: SuppressionId,  # noqa: A002 - the name in the path
) -> SuppressionShown:
    """Let a suppression take in no more alerts. An exception takes an engineer."""
    row = service.find(session, id, locked=True)
    if row.kind == EXCEPTION:
        require(actor, Role.ENGINEER)
    return suppression_shown(service.end(session, actor, row))
