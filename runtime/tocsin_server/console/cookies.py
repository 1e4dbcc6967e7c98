"""Cookies of sessions and of sign-ins that have begun: no script reads them."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response

from tocsin_server.auth.oidc.flow import LIFETIME_MS as PENDING_MS
from tocsin_server.auth.web_sessions import LIFETIME_MS


def secret_in(request: Request) -> str:
    """The browser's secret; empty where it has none."""
    return request.cookies.get(_name(request), "")


def give(response: Response, request: Request, secret: str) -> None:
    """Let the browser keep a secret, and never send it from other sites."""
    _set(response, request, _name(request), secret, LIFETIME_MS, "strict")


def pending_in(request: Request) -> str:
    """What the browser has of a sign-in that has begun; empty where it has nothing."""
    return request.cookies.get(_pending(request), "")


def give_pending(response: Response, request: Request, secret: str) -> None:
    """Let the browser keep it until it comes back, which is from another site."""
    _set(response, request, _pending(request), secret, PENDING_MS, "lax")


def _set(  # noqa: PLR0913, PLR0917 - all that a cookie is
    response: Response,
    request: Request,
    name: str,
    value: str,
    lifetime: int,
    same_site: Literal["lax", "strict"],
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lifetime // 1000,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite=same_site,
    )


def take(response: Response, request: Request) -> None:
    """Let the browser forget it."""
    response.delete_cookie(
        _name(request), path="/", secure=_is_secure(request), httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    """With this prefix, browsers take it only over TLS, and only from this host itself."""
    return "__Host-tocsin" if _is_secure(request) else "tocsin"


def _pending(request: Request) -> str:
    return f"{_name(request)}-sign-in"


def _is_secure(request: Request) -> bool:
    """Whether browsers reach the server over TLS, though that may end before it."""
    return "https" in (request.url.scheme, request.app.state.url.partition(":")[0])
