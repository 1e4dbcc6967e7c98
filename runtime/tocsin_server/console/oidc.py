"""Signing in with the identity provider."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tocsin_server.auth import web_sessions
from tocsin_server.auth.oidc.claims import RefusedTokenError
from tocsin_server.auth.oidc.flow import CodeFlow, take
from tocsin_server.auth.oidc.provider import ProviderAwayError
from tocsin_server.console import cookies
from tocsin_server.console.pages import HOME, local, page
from tocsin_server.database import Database
from tocsin_server.web.problem import ProblemError

router = APIRouter(prefix="/oidc")


@router.get("/sign-in")
def begin(request: Request, back: str = HOME) -> Response:
    """Send someone to the provider; they come back to where they wanted to be."""
    request.app.state.authenticator.admit(f"address {_address(request)}")
    flow: CodeFlow = request.app.state.oidc
    database: Database = request.app.state.database
    try:
        with database.write() as session:
            started = flow.begin(session, local(back), cookies.pending_in(request))
    except ProviderAwayError:
        raise _away() from None
    response = RedirectResponse(started.url, 303)
    cookies.give_pending(response, request, started.browser)
    return response


@router.get("/callback")
def finish(request: Request, state: str = "") -> Response:
    """Begin a session for whoever comes back from the provider.

    The page goes on by itself: on a redirect from elsewhere browsers would not send its cookie.
    """
    flow: CodeFlow = request.app.state.oidc
    database: Database = request.app.state.database
    try:
        with database.write() as session:
            pending = take(session, state, cookies.pending_in(request))
        actor = flow.finish(pending, request.query_params)
    except ProviderAwayError:
        raise _away() from None
    except RefusedTokenError as error:
        raise ProblemError(403, "sign-in", f"You are not signed in: {error}.") from None
    with database.write() as session:
        web_sessions.end(session, cookies.secret_in(request))
        secret = web_sessions.begin(session, actor)
    response = page(request, "signed_in.html", None, title="Signed in", back=pending.back)
    cookies.give(response, request, secret)
    return response


def _away() -> ProblemError:
    return ProblemError(
        503, "provider-away", "The identity provider does not answer at the moment."
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
