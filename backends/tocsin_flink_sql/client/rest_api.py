"""The REST API of a Flink cluster: what its jobs do."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from tocsin.errors import EngineError
from tocsin_flink_sql.client.http import Rest
from tocsin_flink_sql.client.root_cause import root_cause

_POLL_SECONDS = 0.1
_ENDED = ("FINISHED", "FAILED", "CANCELED", "SUSPENDED")


@dataclass(frozen=True, slots=True, order=True)
class JobStatus:
    """A job that a cluster remembers; `started` in milliseconds since 1970."""

    started: int
    id: str
    name: str
    status: str

    @property
    def ended(self) -> bool:
        """Whether it will do nothing more."""
        return self.status in _ENDED


class ClusterRest:
    """Jobs of one cluster; a job's status is Flink's word for it (`RUNNING`, `FAILED` …)."""

    def __init__(self, url: str) -> None:
        self._rest = Rest(url, "Flink cluster")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rest.close()

    def jobs(self) -> dict[str, str]:
        """Status by job id, of all jobs that the cluster remembers."""
        told = self._rest.call("GET", "/jobs")["jobs"]
        return {job["id"]: job["status"] for job in told}

    def seen(self) -> list[JobStatus]:
        """All jobs that the cluster remembers, oldest first."""
        told = self._rest.call("GET", "/jobs/overview")["jobs"]
        return sorted(JobStatus(j["start-time"], j["jid"], j["name"], j["state"]) for j in told)

    def named(self, name: str) -> dict[str, str]:
        """Status by job id, of the jobs that bear this name."""
        return {job.id: job.status for job in self.seen() if job.name == name}

    def version(self) -> str:
        """The version of Flink."""
        return str(self._rest.call("GET", "/overview")["flink-version"])

    def free_task_slots(self) -> int:
        """Task slots that no job has."""
        return int(self._rest.call("GET", "/overview")["slots-available"])

    def restarts(self) -> bool:
        """Whether task managers are expected back: none is registered, or tasks of a job wait."""
        jobs = self._rest.call("GET", "/jobs/overview")["jobs"]
        waiting = any(job["state"] not in _ENDED and _waits(job["tasks"]) for job in jobs)
        return waiting or not self._rest.call("GET", "/overview")["taskmanagers"]

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

    def stop(self, job_id: str, folder: str, timeout: float = 60.0) -> str:
        """Stop a job with a savepoint below a folder (URI), and wait for its end.

        Empty if that went well; else why not, and the job may go on. Raises EngineError where
        Flink does not answer.
        """
        path = f"/jobs/{job_id}/savepoints"
        deadline = time.monotonic() + timeout
        try:
            wish = {"targetDirectory": folder, "drain": False}
            request = self._rest.call("POST", f"/jobs/{job_id}/stop", wish)["request-id"]
        except EngineError as error:
            return error.message
        while (told := self._rest.call("GET", f"{path}/{request}"))["status"]["id"] != "COMPLETED":
            if time.monotonic() > deadline:
                return f"no savepoint after {timeout:.0f} s"
            time.sleep(_POLL_SECONDS)
        failure = told["operation"].get("failure-cause")
        if failure:
            return root_cause(str(failure["stack-trace"]))
        with suppress(EngineError):
            self.wait_for(job_id, _ENDED, timeout)
        return "" if self.job_status(job_id) in _ENDED else "the job did not end"

    def job(self, job_id: str) -> dict[str, Any]:
        """What Flink tells of a job; some seconds old."""
        return self._rest.call("GET", f"/jobs/{job_id}")

    def last_checkpoint(self, job_id: str) -> int:
        """When the job's newest completed checkpoint was made (milliseconds); 0 before one is."""
        told = self._rest.call("GET", f"/jobs/{job_id}/checkpoints")["latest"]["completed"]
        return int(told["latest_ack_timestamp"]) if told else 0

    def failures(self, job_id: str) -> list[tuple[int, str]]:
        """When and why the job failed, newest first: milliseconds, and the root cause."""
        told = self._rest.call("GET", f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"]
        return [(int(each["timestamp"]), root_cause(each["stacktrace"])) for each in told]

    def metrics(self, job_id: str, vertex: str, ending: str, how: str) -> list[float]:
        """Metrics of a vertex whose names end so; `how` (min, sum) puts its subtasks together."""
        path = _metrics(job_id, vertex)
        names = [row["id"] for row in self._rest.rows(path) if row["id"].endswith(ending)]
        if not names:
            return []
        told = self._rest.rows(f"{path}?agg={how}&get={_listed(names)}")
        return [float(row[how]) for row in told]

    def metric_names(self, job_id: str) -> list[str]:
        """Of all vertices of a job; some seconds old."""
        vertices = [vertex["id"] for vertex in self.job(job_id)["vertices"]]
        rows = (row for each in vertices for row in self._rest.rows(_metrics(job_id, each)))
        return [str(row["id"]) for row in rows]

    def setting(self, key: str, default: str) -> str:
        """A setting of the cluster."""
        told = self._rest.rows("/jobmanager/config")
        return next((row["value"] for row in told if row["key"] == key), default)

    def root_exception(self, job_id: str) -> str:
        """Why the job failed last, in one line; empty if it never did."""
        history = self._rest.call("GET", f"/jobs/{job_id}/exceptions")
        entries = history.get("exceptionHistory", {}).get("entries", [])
        return root_cause(entries[0]["stacktrace"]) if entries else ""


def _waits(tasks: Mapping[str, int]) -> bool:
    return tasks["running"] + tasks["finished"] < tasks["total"]


def _metrics(job_id: str, vertex: str) -> str:
    return f"/jobs/{job_id}/vertices/{vertex}/subtasks/metrics"


def _listed(names: Sequence[str]) -> str:
    return ",".join(quote(name, safe="") for name in names)
