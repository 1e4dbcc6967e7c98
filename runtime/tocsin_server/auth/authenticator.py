"""Finds out who asks, by the token of a request."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from tocsin.canonical import digest_bytes
from tocsin_server.auth.buckets import Buckets
from tocsin_server.auth.models import Token
from tocsin_server.auth.oidc.claims import NoRoleError, RefusedTokenError
from tocsin_server.auth.oidc.flow import CodeFlow
from tocsin_server.auth.oidc.provider import ProviderAwayError
from tocsin_server.auth.role import Actor, Role
from tocsin_server.auth.tokens import id_in, is_right
from tocsin_server.database import Database, now_ms
from tocsin_server.web.problem import ProblemError

_MOST_KNOWN = 10_000
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_LATER = {"Retry-After": "30"}
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="tocsin"'}


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests of a token, and wrong tokens of an address: at once, and a second after that."""

    requests: float = 200
    requests_a_second: float = 50
    guesses: float = 10
    guesses_a_second: float = 1 / 6


class Authenticator:
    """Knows whom tokens belong to.

    Argon2 takes a while, so that what was right is remembered by digest; whether it still counts
    is asked of the database each time.
    """

    def __init__(self, database: Database, limits: Limits, oidc: CodeFlow | None = None) -> None:
        self._database, self._oidc = database, oidc
        self._requests = Buckets(limits.requests, limits.requests_a_second)
        self._guesses = Buckets(limits.guesses, limits.guesses_a_second)
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def actor(self, text: str, address: str) -> Actor:
        """Whose token it is. Raises ProblemError: none, or too many requests."""
        id_ = id_in(text)
        token = self._find(id_) if id_ else None
        if token is None or not self._is_right(token, text, address):
            self._guessed(address)
            raise ProblemError(401, "no-token", "send a valid token", headers=_CHALLENGE)
        if not token.is_valid(now_ms()):
            detail = "the token is revoked or expired"
            raise ProblemError(401, "token-ended", detail, headers=_CHALLENGE)
        self.admit(token.id)
        return Actor(token.id, token.name, Role(token.role))

    def bearer(self, text: str, address: str) -> Actor:
        """Whose token a program sends: one of ours, or of the provider if it is taken here."""
        if self._oidc is None or not _JWT.fullmatch(text):
            return self.actor(text, address)
        _wait(self._guesses.wait(address), "too many wrong tokens came from your address")
        try:
            actor = self._oidc.bearer(text)
        except NoRoleError as error:
            raise ProblemError(403, "role", str(error)) from None
        except RefusedTokenError:
            self._guessed(address)
            raise ProblemError(401, "no-token", "send a valid token", headers=_CHALLENGE) from None
        except ProviderAwayError:
            detail = "the identity provider does not answer at the moment"
            raise ProblemError(503, "provider-away", detail, headers=_LATER) from None
        self.admit(actor.id)
        return actor

    def admit(self, id_: str) -> None:
        """Count a request of someone. Raises ProblemError if there were too many."""
        _wait(self._requests.take(id_), "too many requests were made with this token or session")

    def _find(self, id_: str) -> Token | None:
        with self._database.read() as session:
            return session.get(Token, id_)

    def _is_right(self, token: Token, text: str, address: str) -> bool:
        key = digest_bytes(text.encode())
        with self._lock:
            if self._known.get(key) == token.hash:
                return True
        _wait(self._guesses.wait(address), "too many wrong tokens came from your address")
        if not is_right(token, text):
            return False
        with self._lock:
            self._known[key] = token.hash
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return True

    def _guessed(self, address: str) -> None:
        wait = self._guesses.take(address)
        _wait(wait, "too many wrong tokens came from your address")


def _wait(seconds: float, why: str) -> None:
    if seconds > 0:
        headers = {"Retry-After": str(math.ceil(seconds))}
        raise ProblemError(429, "too-many", why, headers=headers)
