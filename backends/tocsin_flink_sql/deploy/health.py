"""Whether a job does its work: it runs, does not fail, completes checkpoints and reads on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.backend.streaming import UnhealthyError
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.deploy.environment import Timing
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_kafka.settings import Offsets

POLL_SECONDS = 0.5
HOPELESS = 3
"""Failures in a row after which the next start is not waited for."""

NO_TASK_SLOTS = "NoResourceAvailableException"
"""Not the job's fault: a task manager is gone, and may come back."""


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far a consumer group was when the wait began, and how far it could have been."""

    read: Offsets
    ends: Offsets

    def behind(self, now: Offsets) -> Offsets:
        """Partitions that are not read to where they ended, and how far they are.

        None if any has been read on, since a busy job reads one after the other. Some may be read
        whole even so: what is left may be no more than marks of transactions.
        """
        if any(now.get(at, -1) > self.read.get(at, -1) for at in self.ends):
            return {}
        behind = {at: now.get(at, -1) for at, end in self.ends.items() if end}
        return {at: position for at, position in behind.items() if position < self.ends[at]}


def is_running(told: Mapping[str, Any]) -> bool:
    """Whether a job and all its tasks run, by what Flink tells of it."""
    return told["state"] == "RUNNING" and {v["status"] for v in told["vertices"]} == {"RUNNING"}


def unsettled(
    told: Mapping[str, Any], failed: Iterable[int], checkpoint: int, steady: float
) -> str:
    """Why a job that runs may not go on running yet; empty if it has proven that it does.

    `failed`: when it failed; `checkpoint`: when its last one was completed (milliseconds).
    """
    began = max([told["timestamps"]["RUNNING"], *failed])
    if told["now"] - began < steady * 1000:
        return "it has just been started"
    return "" if checkpoint > began else "no checkpoint has completed"


def is_hopeless(status: str, failures: Sequence[str]) -> bool:
    """Whether it makes no sense to wait on."""
    own = [why for why in failures if NO_TASK_SLOTS not in why]
    return status in ("FAILED", "CANCELED", "FINISHED") or len(own) >= HOPELESS


def main_failure(failures: Sequence[str]) -> str:
    """The newest that is the job's own fault, if there is one; empty if it never failed."""
    own = [why for why in failures if NO_TASK_SLOTS not in why]
    return next(iter([*own, *failures]), "")


class Health:
    """Looks at jobs of one cluster."""

    def __init__(self, cluster: ClusterRest, channels: Channels, timing: Timing) -> None:
        self._cluster = cluster
        self._channels = channels
        self._timing = timing

    def before(self, group: str, topics: tuple[str, ...]) -> GroupProgress:
        """To be asked before the job is started."""
        ends = self._channels.ends(topics)
        return GroupProgress(self._channels.read(group, ends), ends)

    def wait(self, job: str, name: str, group: str, since: GroupProgress) -> None:
        """Wait until the job is healthy. Raises UnhealthyError with the reason if it is not."""
        deadline = time.monotonic() + self._timing.healthy
        began = self._cluster.job(job)["now"]
        while reason := self.lacks(job, group, since):
            failures = [why for at, why in self._cluster.failures(job) if at >= began]
            hopeless = is_hopeless(self._cluster.job_status(job), failures)
            if hopeless or time.monotonic() > deadline:
                told = main_failure(failures) or self._cluster.root_exception(job)
                raise UnhealthyError(
                    f"{name} does not become healthy: {told or self._task_slots(reason)}"
                )
            time.sleep(POLL_SECONDS)

    def lacks(self, job: str, group: str, since: GroupProgress) -> str:
        """What is missing for the job to be healthy; empty if nothing is."""
        told = self._cluster.job(job)
        if not is_running(told):
            tasks = sorted({vertex["status"] for vertex in told["vertices"]})
            return f"it is {told['state']}; its tasks are {', '.join(tasks)}"
        failed = [at for at, _ in self._cluster.failures(job)]
        checkpoint = self._cluster.last_checkpoint(job)
        if reason := unsettled(told, failed, checkpoint, self._timing.steady):
            return reason
        if self._channels.unread(since.behind(self._channels.read(group, since.ends))):
            return "it has stopped reading, though there are events"
        return ""

    def _task_slots(self, reason: str) -> str:
        free = self._cluster.free_task_slots()
        return reason if free else f"{reason}; the cluster has no free task slot"
