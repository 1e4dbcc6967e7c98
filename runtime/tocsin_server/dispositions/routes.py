"""What people make of `/findings`, and what that says of `/detections`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tocsin_server.alerts.schemas import FindingShown, finding_shown
from tocsin_server.auth.access import AnalystAccess, ReaderAccess
from tocsin_server.dispositions import service
from tocsin_server.dispositions.noise import DetectionShown, NoiseQuery, noise
from tocsin_server.dispositions.schemas import CommentQuery, CommentShown, Triage
from tocsin_server.web.paging import Page
from tocsin_server.web.session import ReadSession, WriteSession
from tocsin_server.web.values import FindingId
from tocsin_server.web.versions import IfMatch, etag

router = APIRouter()


@router.patch("/findings/{id}", tags=["findings"])
def triage(  # noqa: PLR0913 - what FastAPI hands in
    actor: AnalystAccess,
    session: WriteSession,
    id: FindingId,  # noqa: A002 - the name in the path
    asked: Triage,
    *,
    response: Response,
    if_match: IfMatch = None,
) -> FindingShown:
    """Give a finding a disposition, an assignee or a state; comment on it."""
    finding = service.triage(session, actor, id, if_match, asked)
    response.headers["ETag"] = etag(finding.id, finding.revision)
    return finding_shown(finding)


@router.get("/findings/{id}/comments", tags=["findings"])
def list_comments(
    _: ReaderAccess,
    session: ReadSession,
    id: FindingId,  # noqa: A002 - the name in the path
    query: Annotated[CommentQuery, Query()],
) -> Page[CommentShown]:
    """What was said of a finding, the newest first."""
    return service.comments(session, id, query)


@router.get("/detections", tags=["detections"])
def list_detections(
    _: ReaderAccess, session: ReadSession, query: Annotated[NoiseQuery, Query()]
) -> list[DetectionShown]:
    """How much each detection says, the noisiest first, and what its findings turned out to be."""
    return noise(session, query)
