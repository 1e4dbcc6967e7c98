"""JSON over HTTP to Flink, with errors that say what is wrong in one line."""

from collections.abc import Mapping
from functools import cache
from ssl import SSLContext
from typing import Any, Self

import httpx

from tocsin.errors import EngineError
from tocsin_flink_sql.client.root_cause import root_cause

_REQUEST_SECONDS = 60.0
_HINT = "start one with `tocsin engines up flink`"


@cache
def _trusted() -> SSLContext:
    """Created once: reading all certificates takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


class Rest:
    """A REST API; `what` names it in messages ("SQL Gateway")."""

    def __init__(self, url: str, what: str) -> None:
        self.url = url.rstrip("/")
        self._what = what
        # No proxy from the environment: it would get in between us and a loopback address.
        self._client = httpx.Client(timeout=_REQUEST_SECONDS, trust_env=False, verify=_trusted())

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer's JSON object.

        Raises:
            EngineError: nobody answers, or what answers is not Flink, or it refused.
        """
        answer = self._read(self._ask(method, path, body))
        if not isinstance(answer, dict):
            raise self._stranger()
        return answer

    def rows(self, path: str) -> list[dict[str, Any]]:
        """The JSON objects of a list that is asked for; raises as `call` does."""
        answer = self._read(self._ask("GET", path, None))
        if not isinstance(answer, list):
            raise self._stranger()
        return answer

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        try:
            return self._client.request(method, self.url + path, json=body)
        except httpx.TimeoutException as error:
            raise EngineError(
                f"the {self._what} at {self.url} did not answer within {_REQUEST_SECONDS:.0f} s",
                hint="look at its log; `tocsin engines status` shows where it is",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise EngineError(f"no {self._what} at {self.url}: {error}", hint=_HINT) from error

    def _stranger(self) -> EngineError:
        return EngineError(f"what answers at {self.url} is not a {self._what}", hint=_HINT)

    def _read(self, response: httpx.Response) -> Any:
        try:
            answer = response.json() if response.content else {}
        except ValueError:
            raise self._stranger() from None
        if response.is_error:
            if not isinstance(answer, dict):
                raise self._stranger()
            told = "\n".join(str(entry) for entry in answer.get("errors", [])[-1:])
            raise EngineError(f"Flink refused: {root_cause(told)}")
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
