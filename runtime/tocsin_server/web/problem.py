"""Errors as problem details (RFC 9457): one form, whatever went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from tocsin.errors import EngineError

MEDIA = "application/problem+json"
_LATER = {"Retry-After": "5"}
_MOST = 20


class Fault(BaseModel):
    """One value that is wrong, and why."""

    place: str
    message: str


class Problem(BaseModel):
    """What went wrong. `code` is what programs tell problems apart by."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[Fault] = []


class ProblemError(HTTPException):
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        errors: Sequence[Fault] = (),
    ) -> None:
        super().__init__(status, detail, headers)
        self.code, self.errors = code, list(errors)


def missing(what: str) -> ProblemError:
    """Nothing has the id that was asked for."""
    return ProblemError(404, "not-found", f"there is no such {what}")


def answer(error: ProblemError) -> JSONResponse:
    """The response."""
    told = Problem(
        title=HTTPStatus(error.status_code).phrase,
        status=error.status_code,
        code=error.code,
        detail=error.detail,
        errors=error.errors,
    )
    return JSONResponse(
        told.model_dump(mode="json"), told.status, headers=error.headers, media_type=MEDIA
    )


def handle_problems(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    for kind, handler in {
        HTTPException: _http,
        RequestValidationError: _invalid,
        EngineError: _away,
        PoolTimeoutError: _away,
        Exception: _bug,
    }.items():
        app.add_exception_handler(kind, handler)


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this kind only
    if isinstance(error, ProblemError):
        return answer(error)
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "-")
    return answer(ProblemError(status, code, error.detail, headers=dict(error.headers or {})))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Broken JSON is a 400, a value of the wrong form a 422. What was sent is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this kind only
    found = error.errors()[:_MOST]
    if any(each["type"] == "json_invalid" for each in found):
        return answer(ProblemError(400, "not-json", "the body is not JSON"))
    faults = [Fault(place=_place(each["loc"]), message=_plain(each["msg"])) for each in found]
    return answer(ProblemError(422, "invalid", "the request has wrong values", errors=faults))


def _place(parts: Sequence[Any]) -> str:
    return _plain(".".join(map(str, parts)))


def _plain(text: str) -> str:
    """Text that every JSON writer takes: names of members come from the one who asks."""
    return text.encode("utf-8", "replace").decode()[:200]


def _away(_: Request, __: Exception) -> JSONResponse:
    detail = "the database does not answer at the moment"
    return answer(ProblemError(503, "database-away", detail, headers=_LATER))


def _bug(_: Request, __: Exception) -> JSONResponse:
    return answer(ProblemError(500, "bug", "the server has a bug; its log says more"))
