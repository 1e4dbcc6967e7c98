"""The console: an application of its own below `/console`, over the same database as the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import State
from starlette.exceptions import HTTPException

from tocsin.errors import EngineError
from tocsin_server.console import (
    actions,
    assets_served,
    finding,
    lists,
    oidc,
    queue,
    sign_in,
)
from tocsin_server.console.pages import HOME, back_to
from tocsin_server.console.problems import refused
from tocsin_server.console.sign_in import to_sign_in
from tocsin_server.console.visitor import NotSignedInError

_FEATURES = (assets_served, sign_in, queue, finding, actions, lists)


@dataclass(frozen=True, slots=True)
class ConsoleSite:
    """What is served: a project's environment."""

    project: str = ""
    environment: str = ""


def console(shared: State, **more: Any) -> FastAPI:
    """The console. `shared`: what the API has too: database, authenticator, feed, rules."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for name, value in {**shared._state, **more}.items():  # noqa: SLF001 - it has no other way
        setattr(app.state, name, value)
    for feature in _FEATURES:
        app.include_router(feature.router)
    if app.state.oidc:
        app.include_router(oidc.router)
    app.add_api_route("/", _home)
    app.add_exception_handler(NotSignedInError, to_sign_in)
    for kind in (
        HTTPException,
        RequestValidationError,
        ValidationError,
        EngineError,
        PoolTimeoutError,
        Exception,
    ):
        app.add_exception_handler(kind, refused)
    return app


def _home(_: Request) -> Response:
    return back_to(HOME)
