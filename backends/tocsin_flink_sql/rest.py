"""JSON over HTTP to Flink, with errors that say what is wrong in one line."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from tocsin.errors import EngineError
from tocsin_flink_sql.causes import root_cause

_REQUEST_SECONDS = 60.0
_HINT = "start one with `tocsin engines up flink`"


class Rest:
    """A REST API; `what` names it in messages ("SQL Gateway")."""

    def __init__(self, url: str, what: str) -> None:
        self.url = url.rstrip("/")
        self._what = what
        # No proxy from the environment: it would get in between us and a loopback address.
        self._client = httpx.Client(timeout=_REQUEST_SECONDS, trust_env=False)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer's JSON object.

        Raises:
            EngineError: nobody answers, or what answers is not Flink, or it refused.
        """
        try:
            response = self._client.request(method, self.url + path, json=body)
        except httpx.TimeoutException as error:
            raise EngineError(
                f"the {self._what} at {self.url} gave no answer in {_REQUEST_SECONDS:.0f} s",
                hint="look at its log: `tocsin engines status` says where",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise EngineError(f"no {self._what} at {self.url}: {error}", hint=_HINT) from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = response.json() if response.content else {}
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise EngineError(f"what answers at {self.url} is not a {self._what}", hint=_HINT)
        if response.is_error:
            told = "\n".join(str(entry) for entry in answer.get("errors", [])[-1:])
            raise EngineError(f"Flink refused: {root_cause(told)}")
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
