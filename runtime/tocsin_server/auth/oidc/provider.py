"""What a provider says of itself: where its pages are, and which keys it signs with."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import httpx
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from pydantic import BaseModel, ConfigDict, ValidationError

from tocsin_server.auth.oidc.settings import is_private_way

_SECONDS, _MOST_BYTES = 10.0, 1024 * 1024
_FRESH, _AGAIN = 3600.0, 30.0
"""For so long what was read counts; an unknown key is looked for once in that time."""


class ProviderAwayError(Exception):
    """The provider does not answer, or not as it should."""


class ProviderMetadata(BaseModel):
    """What OpenID Connect Discovery tells."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    @property
    def addresses(self) -> list[str]:
        """All that people or the server are sent to."""
        ours = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        return [*ours, *([self.end_session_endpoint] if self.end_session_endpoint else [])]


class Provider:
    """One issuer; what it says is kept for an hour, and asked for again where a key is unknown."""

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._clock, self._lock = clock, Lock()
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, dict[str, Key]] | None = None
        self._trusted = ssl.create_default_context()

    def metadata(self) -> ProviderMetadata:
        """Where its pages are. Raises ProviderAwayError."""
        with self._lock:
            if self._metadata is None or self._age(self._metadata[0]) > _FRESH:
                self._metadata = (self._clock(), self._discovered())
            return self._metadata[1]

    def key(self, id_: str) -> Key | None:
        """The key of this id, if it has one; without an id, its only one.

        Raises ProviderAwayError.
        """
        metadata = self.metadata()
        with self._lock:
            if self._keys is None or self._age(self._keys[0]) > self._patience(id_):
                self._keys = (self._clock(), _keys(self._fetched(metadata.jwks_uri)))
            keys = self._keys[1]
            return next(iter(keys.values())) if not id_ and len(keys) == 1 else keys.get(id_)

    def _patience(self, id_: str) -> float:
        return _FRESH if self._keys and id_ in self._keys[1] else _AGAIN

    def _age(self, since: float) -> float:
        return self._clock() - since

    def _discovered(self) -> ProviderMetadata:
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = ProviderMetadata.model_validate(self._fetched(url))
        except ValidationError:
            raise ProviderAwayError(f"{url} is not a description of a provider") from None
        if found.issuer != self.issuer:
            raise ProviderAwayError(f"{url} describes another issuer")
        if not all(map(is_private_way, found.addresses)):
            raise ProviderAwayError(f"{url} has an address without https")
        return found

    def _fetched(self, url: str) -> Any:
        """JSON from an address; no redirect is followed."""
        body = b""
        try:
            with (
                httpx.Client(verify=self._trusted, timeout=_SECONDS) as client,
                client.stream("GET", url) as answer,
            ):
                for part in answer.iter_bytes() if answer.is_success else ():
                    body += part
                    if len(body) > _MOST_BYTES:
                        break
            return orjson.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, orjson.JSONDecodeError) as error:
            raise ProviderAwayError(f"{url}: {str(error) or type(error).__name__}") from None


def _keys(told: Any) -> dict[str, Key]:
    """Keys that signatures are verified with, by id; others are of no use here."""
    listed = told.get("keys") if isinstance(told, dict) else None
    found: dict[str, Key] = {}
    for each in listed if isinstance(listed, list) else ():
        try:
            key = import_key(each)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey) and each.get("use", "sig") == "sig":
            found[str(each.get("kid", ""))] = key
    return found
