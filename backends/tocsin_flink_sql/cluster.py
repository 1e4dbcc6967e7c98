"""The REST API of a Flink cluster: what its jobs do."""

import time
from types import TracebackType
from typing import Self

from tocsin.errors import EngineError
from tocsin_flink_sql.causes import root_cause
from tocsin_flink_sql.rest import Rest

_POLL_SECONDS = 0.1
_ENDED = ("FINISHED", "FAILED", "CANCELED", "SUSPENDED")


class ClusterRest:
    """Jobs of one cluster; a job's status is Flink's word for it (`RUNNING`, `FAILED` …)."""

    def __init__(self, url: str) -> None:
        self._rest = Rest(url, "Flink cluster")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rest.close()

    def jobs(self) -> dict[str, str]:
        """Status by job id, of all jobs that the cluster remembers."""
        told = self._rest.call("GET", "/jobs")["jobs"]
        return {job["id"]: job["status"] for job in told}

    def named(self, name: str) -> dict[str, str]:
        """Status by job id, of the jobs that bear this name."""
        told = self._rest.call("GET", "/jobs/overview")["jobs"]
        return {job["jid"]: job["state"] for job in told if job["name"] == name}

    def job_status(self, job_id: str) -> str:
        """Status of one job; an unknown job is an error."""
        return str(self._rest.call("GET", f"/jobs/{job_id}/status")["status"])

    def wait_finished(self, job_id: str, timeout: float = 120.0) -> None:
        """Wait until a bounded job has done its work (`timeout` in seconds).

        Raises:
            EngineError: it failed (the root cause in one line), was cancelled, or goes on.
        """
        status = self.wait_for(job_id, _ENDED, timeout)
        if status != "FINISHED":
            cause = self.root_exception(job_id)
            raise EngineError(f"job {job_id} ended as {status}" + (f": {cause}" if cause else ""))

    def wait_for(self, job_id: str, statuses: tuple[str, ...], timeout: float = 120.0) -> str:
        """Wait until the job has one of these statuses; which one it has."""
        deadline = time.monotonic() + timeout
        while (status := self.job_status(job_id)) not in statuses:
            if status in _ENDED or time.monotonic() > deadline:
                cause = self.root_exception(job_id)
                raise EngineError(
                    f"job {job_id} is {status}, not {' or '.join(statuses)}"
                    + (f": {cause}" if cause else ""),
                    hint="" if status in _ENDED else f"waited for {timeout:.0f} s",
                )
            time.sleep(_POLL_SECONDS)
        return status

    def cancel(self, job_id: str, timeout: float = 60.0) -> None:
        """Cancel a job and wait for its end; fine if it has ended already."""
        if self.job_status(job_id) in _ENDED:
            return
        self._rest.call("PATCH", f"/jobs/{job_id}?mode=cancel")
        self.wait_for(job_id, _ENDED, timeout)

    def root_exception(self, job_id: str) -> str:
        """Why the job failed last, in one line; empty if it never did."""
        history = self._rest.call("GET", f"/jobs/{job_id}/exceptions")
        entries = history.get("exceptionHistory", {}).get("entries", [])
        return root_cause(entries[0]["stacktrace"]) if entries else ""
