"""Requests to one server, with a token; what goes wrong is an error of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from tocsin.errors import ConfigError, EngineError
from tocsin_client.filters import Parameters
from tocsin_client.problem import error_of

PREFIX = "/api/v1"
_QUIET = httpx.Timeout(10.0, read=60.0)
Told = TypeVar("Told", bound=BaseModel)


class Connection:
    """The API below an address such as `https://tocsin.example`.

    Redirects are not followed: the token is for this server. Raises ConfigError for an address
    that is none.
    """

    def __init__(
        self, address: str, token: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = _checked(address)
        self._client = httpx.Client(
            base_url=f"{self.address}{PREFIX}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_QUIET,
            transport=transport,
        )

    def close(self) -> None:
        """Let go of it."""
        self._client.close()

    def ask(  # noqa: PLR0913 - all that a request has
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        fine: tuple[int, ...] = (),
    ) -> httpx.Response:
        """The answer. Raises ApiError for a problem whose status is not among the `fine`."""
        with self._told():
            answer = self._client.request(method, path, params=params, json=body, headers=headers)
        if answer.is_success or answer.status_code in fine:
            return answer
        raise error_of(answer)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[Iterator[str]]:
        """The lines of an answer as they come."""
        with (
            self._told(),
            self._client.stream("GET", path, headers=dict(headers)) as answer,
        ):
            if not answer.is_success:
                answer.read()
                raise error_of(answer)
            yield answer.iter_lines()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise EngineError(f"the server at {self.address}: {said}") from error


def read(kind: type[Told], told: Any) -> Told:
    """A value of an answer. Raises EngineError where what answers is not the API."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise EngineError(f"what answers is not the API: {place}: {first['msg']}") from None


def loaded(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises EngineError where it is none."""
    try:
        return answer.json()
    except ValueError:
        raise EngineError("what answers is not the API: it sends no JSON") from None


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        beside = parts.query or parts.fragment or parts.username or parts.port == 0
        known = bool(parts.hostname and parts.scheme in ("http", "https") and not beside)
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            f"{address!r} is not the address of a server", hint="such as https://HOST"
        )
    return address.rstrip("/").removesuffix(PREFIX)
