"""A small client of Flink's SQL Gateway: one session, statements, their results."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from tocsin.errors import EngineError
from tocsin_flink_sql.client.http import Rest

ResultRow = tuple[Any, ...]
"""The values of a row as JSON gives them, in the order of the columns."""

_FIRST_POLL, _SLOWEST_POLL = 0.02, 0.25
_ENDED = ("FINISHED", "ERROR", "CANCELED", "CLOSED", "TIMEOUT")
_ADDS = ("INSERT", "UPDATE_AFTER")


@dataclass(frozen=True)
class OperationHandle:
    """A statement that the gateway has executed; its result can be fetched once."""

    id: str
    statement: str


class Gateway:
    """A session; `with Gateway(url) as gateway: gateway.query("SELECT 1")`.

    `timeout` (seconds) bounds the execution of one statement, planning included, and the
    fetching of one result. `settings` are the session's, as in Flink's configuration.
    """

    def __init__(
        self, url: str, *, timeout: float = 300.0, settings: Mapping[str, str] | None = None
    ) -> None:
        self._rest = Rest(url, "SQL Gateway")
        self._timeout = timeout
        self._settings = dict(settings or {})
        self._session = ""

    def __enter__(self) -> Self:
        try:
            opened = self._rest.call("POST", "/v2/sessions", {"properties": self._settings})
        except BaseException:
            self._rest.close()
            raise
        self._session = f"/v2/sessions/{opened['sessionHandle']}"
        return self

    def __exit__(self, *_: object) -> None:
        # Jobs go on without their session; one that is gone already is no trouble.
        with suppress(EngineError):
            self._rest.call("DELETE", self._session)
        self._rest.close()

    def execute(self, statement: str) -> OperationHandle:
        """Run one statement and wait until it is done (an INSERT: until its job is submitted).

        Raises:
            EngineError: Flink refuses it (the root cause in one line), or no end in time.
        """
        started = self._rest.call(
            "POST", f"{self._session}/statements", {"statement": statement.strip().rstrip(";")}
        )
        handle = OperationHandle(id=started["operationHandle"], statement=statement)
        state = self._wait(handle)
        if state != "FINISHED":
            # Why it failed is told where its result would be.
            self._result(handle, self._first_page(handle))
            raise EngineError(f"the statement ended as {state}", hint=_shortened(statement))
        return handle

    def fetch(self, handle: OperationHandle) -> list[ResultRow]:
        """All rows of a result, page by page; a changing result as it stands at its end.

        The result of an unbounded query has no end: that is an error when the time is over.
        """
        rows: list[ResultRow] = []
        for page in self._pages(handle):
            for entry in page.get("results", {}).get("data", []):
                row = tuple(entry["fields"])
                # Aggregates in streaming mode take back what they said before.
                rows.append(row) if entry["kind"] in _ADDS else rows.remove(row)
        return rows

    def query(self, statement: str) -> list[ResultRow]:
        """Execute and fetch."""
        return self.fetch(self.execute(statement))

    def submit_job(self, statement: str) -> str:
        """Execute an INSERT or a statement set; the id of the job that it became."""
        handle = self.execute(statement)
        job = next((page["jobID"] for page in self._pages(handle) if page.get("jobID")), None)
        if job is None:
            raise EngineError("the statement started no job", hint=_shortened(statement))
        return str(job)

    def _wait(self, handle: OperationHandle) -> str:
        for _ in _polls(self._timeout):
            state = self._rest.call("GET", f"{self._operation(handle)}/status")["status"]
            if state in _ENDED:
                return str(state)
        raise self._too_long(handle)

    def _pages(self, handle: OperationHandle) -> Iterator[dict[str, Any]]:
        path = self._first_page(handle)
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            page = self._result(handle, path)
            yield page
            if page["resultType"] == "EOS":
                return
            path = page.get("nextResultUri", path)
            if not page.get("results", {}).get("data"):
                time.sleep(_FIRST_POLL)
        raise self._too_long(handle)

    def _result(self, handle: OperationHandle, path: str) -> dict[str, Any]:
        try:
            return self._rest.call("GET", path)
        except EngineError as error:
            hint = error.hint or _shortened(handle.statement)
            raise EngineError(error.message, hint=hint) from error

    def _too_long(self, handle: OperationHandle) -> EngineError:
        """Give the operation up, its job too if it has one."""
        with suppress(EngineError):
            self._rest.call("DELETE", f"{self._operation(handle)}/close")
        return EngineError(
            f"not finished after {self._timeout:.0f} s", hint=_shortened(handle.statement)
        )

    def _first_page(self, handle: OperationHandle) -> str:
        return f"{self._operation(handle)}/result/0?rowFormat=JSON"

    def _operation(self, handle: OperationHandle) -> str:
        return f"{self._session}/operations/{handle.id}"


def _polls(seconds: float) -> Iterator[None]:
    """Yield at once, then again and again with growing pauses, until the time is over."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_POLL
    yield
    while time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.5, _SLOWEST_POLL)
        yield


def _shortened(statement: str) -> str:
    line = " ".join(statement.split())
    return "the statement: " + (line if len(line) <= 160 else line[:157] + "...")  # noqa: PLR2004
