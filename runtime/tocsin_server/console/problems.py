"""What went wrong, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from tocsin.errors import EngineError
from tocsin_server.console.pages import page
from tocsin_server.console.visitor import NotSignedInError, Visitor, visitor
from tocsin_server.web.problem import Fault, ProblemError

_MOST = 20
_AGAIN = (
    "It has changed since you looked at it. Load it again, and see whether you still want this."
)


@dataclass(frozen=True, slots=True)
class ConsoleRefusal:
    """Why a page, or a change, is not to be had."""

    status: HTTPStatus
    detail: str = ""
    errors: tuple[Fault, ...] = ()


def refused(request: Request, error: Exception) -> Response:
    """The page about an error."""
    told = _told(error)
    return page(
        request, "problem.html", _visitor(request),
        status=told.status, title=told.status.phrase, told=told,
    )  # fmt: skip


def _told(error: Exception) -> ConsoleRefusal:
    match error:
        case ProblemError():
            status = HTTPStatus(error.status_code)
            told = ConsoleRefusal(status, error.detail, tuple(error.errors))
            changed = status is HTTPStatus.PRECONDITION_FAILED
            return replace(told, detail=_AGAIN) if changed else told
        case HTTPException():
            return ConsoleRefusal(HTTPStatus(error.status_code))
        case RequestValidationError() | ValidationError():
            found = tuple(map(_fault, error.errors()[:_MOST]))
            return ConsoleRefusal(HTTPStatus(422), "Something in it has the wrong form.", found)
        case EngineError() | PoolTimeoutError():
            away = "The database does not answer at the moment. Nothing was changed."
            return ConsoleRefusal(HTTPStatus.SERVICE_UNAVAILABLE, away)
        case _:
            return ConsoleRefusal(HTTPStatus(500), "The server has a bug; its log says more.")


def _fault(each: Any) -> Fault:
    return Fault(place=".".join(map(str, each["loc"]))[:100], message=str(each["msg"])[:300])


def _visitor(request: Request) -> Visitor | None:
    try:
        return visitor(request)
    except (NotSignedInError, HTTPException, EngineError, PoolTimeoutError):
        return None


def faults(error: ProblemError) -> Sequence[str]:
    """What is wrong, a sentence each."""
    return [each.message for each in error.errors] or [str(error.detail)]
