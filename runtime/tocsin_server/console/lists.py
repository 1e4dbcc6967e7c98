"""Lists beside the queue: silences and exceptions, and how much each detection says."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tocsin_server.auth.role import Role
from tocsin_server.console.pages import PREFIX, back_to, page
from tocsin_server.console.visitor import Post, SignedIn
from tocsin_server.dispositions.noise import NoiseQuery, noise
from tocsin_server.suppressions import service
from tocsin_server.suppressions.models import EXCEPTION
from tocsin_server.suppressions.schemas import SuppressionQuery
from tocsin_server.web.session import ReadSession, WriteSession
from tocsin_server.web.values import SuppressionId

router = APIRouter()


class SuppressionsAsked(BaseModel):
    """Which suppressions: those that count now, or those that ended."""

    model_config = ConfigDict(extra="ignore")

    which: Literal["active", "ended"] = "active"
    cursor: Annotated[str, Field(max_length=400)] = ""


class NoiseAsked(BaseModel):
    """Of how many days."""

    model_config = ConfigDict(extra="ignore")

    days: Literal["1", "7", "30", "90"] = "30"


@router.get("/suppressions")
def show_suppressions(
    request: Request,
    who: SignedIn,
    session: ReadSession,
    asked: Annotated[SuppressionsAsked, Query()],
) -> Response:
    """Silences and exceptions, the newest first."""
    query = SuppressionQuery(active=asked.which == "active", cursor=asked.cursor)
    found = service.listed(session, query)
    return page(request, "suppressions.html", who, title="Suppressions", asked=asked, found=found)


@router.post("/suppressions/{id}/end")
def end_suppression(
    posted: Post,
    session: WriteSession,
    id: SuppressionId,  # noqa: A002 - the name in the path
) -> Response:
    """Let it take in no more alerts."""
    row = service.find(session, id, locked=True)
    actor = posted.needs(Role.ENGINEER if row.kind == EXCEPTION else Role.ANALYST)
    service.end(session, actor, row)
    return back_to(f"{PREFIX}/suppressions")


@router.get("/detections")
def show_noise(
    request: Request, who: SignedIn, session: ReadSession, asked: Annotated[NoiseAsked, Query()]
) -> Response:
    """How much each detection says, the noisiest first."""
    found = noise(session, NoiseQuery(days=int(asked.days)))
    most = max((each.alerts_a_day for each in found), default=0) or 1
    return page(
        request, "detections.html", who, title="Detections", asked=asked, found=found, most=most
    )
