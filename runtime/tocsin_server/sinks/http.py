"""Posts to a place on the network: to the address that was looked at, and nowhere further."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import SinkSetup, UndeliveredError
from tocsin_server.sinks.egress import Egress, EgressError
from tocsin_server.sinks.endpoint import Endpoint, endpoint

_SECONDS = 20.0
"""For all of it, however slowly a receiver answers."""
_LATER = "Retry-After"


class HttpPost:
    """Posts JSON. No redirect is followed, no proxy asked, no body of an answer read."""

    def __init__(self, setup: SinkSetup) -> None:
        self._place: Endpoint = endpoint(setup, {"https": 443, "http": 80})
        if self._place.scheme == "http" and not self._place.is_here:
            raise ConfigError(f"sink {setup.name}: its address must begin with https://")
        self._egress: Egress = setup.egress
        self._trusted = ssl.create_default_context()

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Post it. Raises UndeliveredError unless the answer is a 2xx."""
        try:
            address = self._egress.address(self._place.host, self._place.port)
            answer = asyncio.run(self._post(address, body, headers))
        except (EgressError, httpx.HTTPError, OSError) as error:
            said = str(error) or type(error).__name__
            raise UndeliveredError(said) from None
        if not answer.is_success:
            gone = answer.status_code == httpx.codes.GONE
            wait = _wait(answer.headers.get(_LATER, ""))
            raise UndeliveredError(f"answered {answer.status_code}", wait=wait, final=gone)

    async def _post(self, address: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """The answer without its body."""
        sent = {"Content-Type": "application/json", "Host": self._place.authority, **headers}
        client = httpx.AsyncClient(verify=self._trusted, trust_env=False, timeout=_SECONDS)
        async with asyncio.timeout(_SECONDS), client:
            stream = client.stream(
                "POST",
                self._place.at(address),
                content=body,
                headers=sent,
                follow_redirects=False,
                extensions={"sni_hostname": self._place.host},
            )
            async with stream as answer:
                return answer


def _wait(given: str) -> float:
    """The seconds of a Retry-After, which is a number or a date."""
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
