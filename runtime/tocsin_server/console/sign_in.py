"""Signing in with a token, and out."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tocsin_server.auth import web_sessions
from tocsin_server.auth.oidc.flow import CodeFlow
from tocsin_server.console import cookies
from tocsin_server.console.pages import HOME, PREFIX, back_to, page
from tocsin_server.console.visitor import Fields, Post, first, require_own_page
from tocsin_server.web.problem import ProblemError
from tocsin_server.web.session import WriteSession

router = APIRouter()
SIGN_IN = f"{PREFIX}/sign-in"


@router.get("/sign-in")
def show_sign_in(request: Request, back: str = HOME, ended: bool = False) -> Response:  # noqa: FBT001, FBT002 - in the query
    """The form, and the way to the provider."""
    flow: CodeFlow | None = request.app.state.oidc
    end = flow.signed_out(f"{request.app.state.url}{SIGN_IN}") if flow and ended else ""
    return _form(request, back, ended=end)


@router.post("/sign-in")
def sign_in(request: Request, fields: Fields) -> Response:
    """Begin a session. The browser always gets a new secret, whatever it had before."""
    require_own_page(request)
    address, back = request.client.host if request.client else "", first(fields, "back")
    try:
        actor = request.app.state.authenticator.actor(first(fields, "token").strip(), address)
    except ProblemError as error:
        return _form(request, back, wrong=_wrong(error), status=error.status_code)
    with request.app.state.database.write() as session:
        web_sessions.end(session, cookies.secret_in(request))
        secret = web_sessions.begin(session, actor, token=actor.id)
    response = back_to(back)
    cookies.give(response, request, secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request, _: Post, session: WriteSession) -> Response:
    """End the session."""
    web_sessions.end(session, cookies.secret_in(request))
    response = RedirectResponse(f"{SIGN_IN}?ended=yes", 303)
    cookies.take(response, request)
    return response


def _form(
    request: Request, back: str, *, wrong: str = "", ended: str = "", status: int = 200
) -> Response:
    flow: CodeFlow | None = request.app.state.oidc
    provider = urlsplit(flow.settings.issuer).hostname if flow else ""
    return page(
        request, "sign_in.html", None, status=status, title="Sign in",
        back=back, wrong=wrong, ended=ended, provider=provider,
    )  # fmt: skip


def _wrong(error: ProblemError) -> str:
    return "This token is not valid." if error.code == "no-token" else f"{error.detail}."


def to_sign_in(request: Request, _: Exception) -> Response:
    """Whoever is not signed in signs in first, and comes back to where they wanted to be."""
    wanted = request.url.path if request.method == "GET" else HOME
    if request.method == "GET" and request.url.query:
        wanted += f"?{request.url.query}"
    target = f"{SIGN_IN}?{urlencode({'back': wanted})}"
    if request.headers.get("hx-request"):
        return Response(headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)
