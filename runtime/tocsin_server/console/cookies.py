"""The cookie of a session: never read by scripts, never sent from other sites."""

from __future__ import annotations

from fastapi import Request, Response

from tocsin_server.auth.web_sessions import LIFETIME_MS


def secret_in(request: Request) -> str:
    """The browser's secret; empty where it has none."""
    return request.cookies.get(_name(request), "")


def give(response: Response, request: Request, secret: str) -> None:
    """Let the browser keep a secret."""
    response.set_cookie(
        _name(request),
        secret,
        max_age=LIFETIME_MS // 1000,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="strict",
    )


def take(response: Response, request: Request) -> None:
    """Let the browser forget it."""
    response.delete_cookie(
        _name(request), path="/", secure=_is_secure(request), httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    """With this prefix, browsers take it only over TLS, and only from this host itself."""
    return "__Host-tocsin" if _is_secure(request) else "tocsin"


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
