"""The application: API and console over one database. Nothing is told to strangers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import RedirectResponse

from tocsin_server.alerts import routes as alerts
from tocsin_server.alerts.feed import Feed
from tocsin_server.audit import routes as audit
from tocsin_server.auth.access import authenticated
from tocsin_server.auth.authenticator import Authenticator, Limits
from tocsin_server.auth.oidc.flow import CodeFlow
from tocsin_server.console.app import ConsoleSite, console
from tocsin_server.console.pages import PREFIX as CONSOLE
from tocsin_server.console.recorded import NoRecords, ReleaseRecords
from tocsin_server.database import Database
from tocsin_server.dispositions import routes as dispositions
from tocsin_server.settings import ServerSettings
from tocsin_server.sinks import routes as sinks
from tocsin_server.suppressions import routes as suppressions
from tocsin_server.suppressions.rules import ExceptionRules
from tocsin_server.web import health, probes
from tocsin_server.web.guard import RequestGuard
from tocsin_server.web.health import Intaking
from tocsin_server.web.openapi import description
from tocsin_server.web.probes import Readiness
from tocsin_server.web.problem import handle_problems

PREFIX = "/api/v1"
_FEATURES = (health, alerts, dispositions, suppressions, sinks, audit)
_USUAL, _UNNAMED, _NO_RECORDS, _NO_SETTINGS = Limits(), ConsoleSite(), NoRecords(), ServerSettings()


def application(  # noqa: PLR0913 - all that an application is made of
    database: Database,
    *,
    intakes: Sequence[Intaking] = (),
    rules: ExceptionRules | None = None,
    feed: Feed | None = None,
    settings: ServerSettings = _NO_SETTINGS,
    oidc: CodeFlow | None = None,
    records: ReleaseRecords = _NO_RECORDS,
    site: ConsoleSite = _UNNAMED,
    limits: Limits = _USUAL,
) -> FastAPI:
    """API and console over a database whose tables are current. Without rules, no exceptions."""
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=_lifespan
    )
    app.state.database = database
    app.state.authenticator = Authenticator(database, limits, oidc)
    app.state.feed = feed or Feed(database)
    app.state.intakes, app.state.rules, app.state.oidc = intakes, rules, oidc
    app.state.sinks, app.state.url = settings.sinks, settings.url
    app.state.readiness = Readiness(database)
    handle_problems(app)
    app.add_middleware(RequestGuard)
    app.include_router(probes.router)
    app.add_api_route("/", _to_console, include_in_schema=False)
    app.include_router(_routes(app), prefix=PREFIX, dependencies=[Depends(authenticated)])
    app.mount(CONSOLE, console(app.state, records=records, site=site))
    app.openapi = description(app)  # type: ignore[method-assign] # as FastAPI has it
    return app


def _to_console() -> RedirectResponse:
    return RedirectResponse(f"{CONSOLE}/")


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
