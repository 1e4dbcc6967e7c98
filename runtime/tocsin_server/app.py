"""The application: all routes over one database. Whoever asks needs a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from tocsin_server.alerts import routes as alerts
from tocsin_server.alerts.feed import Feed
from tocsin_server.audit import routes as audit
from tocsin_server.auth.access import authenticated
from tocsin_server.auth.authenticator import Authenticator, Limits
from tocsin_server.database import Database
from tocsin_server.dispositions import routes as dispositions
from tocsin_server.sinks import routes as sinks_
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.suppressions import routes as suppressions
from tocsin_server.suppressions.rules import ExceptionRules
from tocsin_server.web import health
from tocsin_server.web.guard import Guard
from tocsin_server.web.health import Intaking
from tocsin_server.web.openapi import description
from tocsin_server.web.problem import handle_problems

PREFIX = "/api/v1"
_FEATURES = (health, alerts, dispositions, suppressions, sinks_, audit)
_USUAL = Limits()
_NONE: Mapping[str, SinkSettings] = {}


def application(  # noqa: PLR0913 - all that an application is made of
    database: Database,
    *,
    intakes: Sequence[Intaking] = (),
    rules: ExceptionRules | None = None,
    feed: Feed | None = None,
    sinks: Mapping[str, SinkSettings] = _NONE,
    limits: Limits = _USUAL,
) -> FastAPI:
    """The API over a database whose tables are current. Without rules it takes no exceptions."""
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=_lifespan
    )
    app.state.database = database
    app.state.authenticator = Authenticator(database, limits)
    app.state.feed = feed or Feed(database)
    app.state.intakes, app.state.rules, app.state.sinks = intakes, rules, sinks
    handle_problems(app)
    app.add_middleware(Guard)
    app.include_router(_routes(app), prefix=PREFIX, dependencies=[Depends(authenticated)])
    app.openapi = description(app)  # type: ignore[method-assign] # as FastAPI has it
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.feed.close()


def _routes(app: FastAPI) -> APIRouter:
    router = APIRouter()
    for feature in _FEATURES:
        router.include_router(feature.router)

    @router.get("/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        return app.openapi()

    return router
