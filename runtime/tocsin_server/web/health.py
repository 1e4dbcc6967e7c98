"""`/health`: whether alerts arrive, and can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from tocsin.errors import EngineError
from tocsin_server.database import Database

router = APIRouter(tags=["health"])


class Intaking(Protocol):
    """What an intake says of itself. `error` is empty as long as all is well."""

    @property
    def behind(self) -> int:
        """What is there and not written yet: records, or bytes of a file."""

    @property
    def error(self) -> str:
        """Why nothing is written at the moment."""


class IntakeHealth(BaseModel):
    """How one stream of alerts is read."""

    behind: int
    error: str


class ServerHealth(BaseModel):
    """`tables`: whether the tables have the form that this server reads."""

    status: Literal["ok", "failing"]
    database: Literal["reachable", "away"]
    tables: Literal["current", "other", "unknown"]
    intakes: list[IntakeHealth]


@router.get("/health", responses={503: {"model": ServerHealth, "description": "Something fails."}})
def health(request: Request, response: Response) -> ServerHealth:
    """Whether the server does its work; nothing of what it stores."""
    intakes: Sequence[Intaking] = request.app.state.intakes
    told = _health(request.app.state.database, intakes)
    response.status_code = 200 if told.status == "ok" else 503
    return told


def _health(database: Database, intakes: Sequence[Intaking]) -> ServerHealth:
    seen = [IntakeHealth(behind=each.behind, error=each.error) for each in intakes]
    try:
        current = database.is_current()
    except EngineError:
        return ServerHealth(status="failing", database="away", tables="unknown", intakes=seen)
    failing = not current or any(each.error for each in seen)
    return ServerHealth(
        status="failing" if failing else "ok",
        database="reachable",
        tables="current" if current else "other",
        intakes=seen,
    )
