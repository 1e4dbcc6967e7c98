"""Signing in with a code (PKCE, nonce, state): to the provider, and back from it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tocsin.canonical import digest_bytes
from tocsin_server.auth.oidc.claims import RefusedTokenError, actor_of, claims_of
from tocsin_server.auth.oidc.models import PendingSignIn
from tocsin_server.auth.oidc.provider import Provider, ProviderAwayError
from tocsin_server.auth.oidc.settings import OidcSettings
from tocsin_server.auth.role import Actor
from tocsin_server.database import now_ms

CALLBACK = "/console/oidc/callback"
LIFETIME_MS = 600_000
"""So long people may take at the provider."""
_SECONDS = 10.0
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_POST, _BASIC = "client_secret_post", "client_secret_basic"


@dataclass(frozen=True, slots=True)
class Started:
    """Where to go, and what the browser keeps until it comes back."""

    url: str
    browser: str


class CodeFlow:
    """With one provider, for one client."""

    def __init__(self, settings: OidcSettings, secret: str, redirect: str) -> None:
        self.settings, self.provider = settings, Provider(settings.issuer)
        self._secret, self._redirect = secret, redirect

    def begin(self, session: Session, back: str, browser: str) -> Started:
        """Send someone to the provider. Raises ProviderAwayError.

        `browser`: what it has from another sign-in that has begun, or anything else.
        """
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        kept = browser if _FORM.fullmatch(browser) else secrets.token_urlsafe(32)
        url, _ = self._client().create_authorization_url(
            self.provider.metadata().authorization_endpoint,
            state=state, nonce=nonce, code_verifier=verifier,
        )  # fmt: skip
        now = now_ms()
        session.execute(delete(PendingSignIn).where(PendingSignIn.expires <= now))
        session.add(
            PendingSignIn(
                id=_id(state), browser=_id(kept), nonce=nonce, verifier=verifier, back=back,
                expires=now + LIFETIME_MS,
            )
        )  # fmt: skip
        return Started(url, kept)

    def finish(self, pending: PendingSignIn, answer: Mapping[str, str]) -> Actor:
        """Who came back. Raises RefusedTokenError, ProviderAwayError."""
        if answer.get("iss", self.provider.issuer) != self.provider.issuer:
            raise RefusedTokenError("another provider answered")
        if not (code := answer.get("code")):
            raise RefusedTokenError("the provider did not sign you in")
        audience = (self.settings.client_id,)
        token = self._token(code, pending.verifier)
        claims = claims_of(token, self.provider, audience, nonce=pending.nonce)
        return actor_of(claims, self.settings)

    def bearer(self, text: str) -> Actor:
        """Whose token a program sends. Raises RefusedTokenError, ProviderAwayError."""
        if not self.settings.audience:
            raise RefusedTokenError("tokens of the provider are not taken here")
        return actor_of(claims_of(text, self.provider, self.settings.audience), self.settings)

    def signed_out(self, back: str) -> str:
        """Where the provider's session ends; empty if it says nowhere, or does not answer."""
        try:
            end = self.provider.metadata().end_session_endpoint
        except ProviderAwayError:
            return ""
        told = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return f"{end}{'&' if '?' in end else '?'}{urlencode(told)}" if end else ""

    def _token(self, code: str, verifier: str) -> str:
        metadata = self.provider.metadata()
        methods = metadata.token_endpoint_auth_methods_supported
        method = _BASIC if _BASIC in methods else _POST
        try:
            with self._client(method if self._secret else "none") as client:
                told: Mapping[str, Any] = client.fetch_token(
                    metadata.token_endpoint, code=code, code_verifier=verifier,
                    grant_type="authorization_code",
                )  # fmt: skip
        except AuthlibBaseError as error:
            raise RefusedTokenError(f"the provider refused the code: {error.error}") from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderAwayError(str(error) or type(error).__name__) from None
        return str(told.get("id_token", ""))

    def _client(self, method: str = _BASIC) -> OAuth2Client:
        scope = " ".join(("openid", *self.settings.scopes))
        return OAuth2Client(
            self.settings.client_id, self._secret or None, scope=scope,
            redirect_uri=self._redirect, token_endpoint_auth_method=method,
            code_challenge_method="S256", timeout=_SECONDS,
        )  # fmt: skip


def take(session: Session, state: str, browser: str) -> PendingSignIn:
    """The sign-in that someone comes back from: once, in time, with the browser that began it.

    It is gone when the session's transaction ends. Raises RefusedTokenError.
    """
    found = session.get(PendingSignIn, _id(state), with_for_update=True)
    if found is None:
        raise RefusedTokenError("this sign-in has ended, or never began; begin again")
    session.delete(found)
    if found.expires <= now_ms() or found.browser != _id(browser):
        raise RefusedTokenError("it took too long, or began in another browser; begin again")
    return found


def _id(secret: str) -> str:
    return digest_bytes(b"sign-in:" + secret.encode())
