"""Bring a pipeline to one job: stop what should not run, start what should, wait for its health.

Whatever was done before, by an apply that was killed say, doing it again ends the same: any version
goes on from the newest snapshot of its generation.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import suppress

from tocsin.backend.streaming import UnhealthyError
from tocsin.errors import EngineError
from tocsin_flink_sql.client.rest_api import ClusterRest, JobStatus
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.health import Health, is_running
from tocsin_flink_sql.deploy.job_specs import JobSpec
from tocsin_flink_sql.deploy.submission import Starter
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_flink_sql.state.snapshots import prune, snapshots
from tocsin_flink_sql.state.source_offsets import positions
from tocsin_flink_sql.state.storage import Generation, Storage


class Pipelines:
    """The pipelines of one site, on one cluster."""

    def __init__(self, site: Site, cluster: ClusterRest, channels: Channels) -> None:
        self._site = site
        self._cluster = cluster
        self._starter = Starter(site, cluster, channels.longest_transaction())
        self._health = Health(cluster, channels, site.timing)

    @property
    def starter(self) -> Starter:
        """What starts its jobs."""
        return self._starter

    def living(self, pipeline: str) -> list[JobStatus]:
        """The jobs of a pipeline that have not ended, oldest first."""
        named = [(job, self._site.pipeline_of(job.name)) for job in self._cluster.seen()]
        return [job for job, of in named if of and of[0] == pipeline and not job.ended]

    def runs(self, spec: JobSpec) -> bool:
        """Whether the pipeline's only job is this one."""
        return [job.name for job in self.living(spec.pipeline)] == [self._site.name(spec)]

    def living_named(self, spec: JobSpec) -> list[JobStatus]:
        """The living jobs of this very version."""
        return [job for job in self.living(spec.pipeline) if job.name == self._site.name(spec)]

    def install(
        self,
        spec: JobSpec,
        generation: Generation,
        beside: Collection[str] = (),
        successors: Collection[Generation] = (),
    ) -> None:
        """Let this job alone run in its pipeline, from the newest snapshot.

        `beside`: names of jobs that may run, too. `successors`: generations that begin where the
        job before has stopped.
        Raises UnhealthyError, and leaves the job as it is; EngineError where Flink refuses it.
        """
        site, name = self._site, self._site.name(spec)
        group = site.group(spec.pipeline, generation)
        ours, others = sorted_out(self.living(spec.pipeline), name, beside)
        for job in others:
            self.stop(job)
        since = self._health.before(group, spec.topics)
        generation.serve(spec.version)
        if not ours:
            site.environment.point("stopped")
            hand_on(generation, spec.topics[0], successors)
        job_id = ours.id if ours else self._start(spec, generation)
        site.environment.point("started")
        self._health.wait(job_id, name, group, since)
        prune(generation, site.snapshots, {job_id})

    def swap(
        self,
        spec: JobSpec,
        generation: Generation,
        old: tuple[JobSpec, Generation] | None,
        successors: Collection[Generation] = (),
    ) -> None:
        """Install a job in place of an old one, which runs again if the new one does not.

        Raises UnhealthyError.
        """
        try:
            self.install(spec, generation, successors=successors)
        except EngineError as error:
            if old is None:
                self.remove(spec.pipeline)
            else:
                with suppress(UnhealthyError):
                    self.install(*old)
            raise UnhealthyError(error.message, hint=error.hint) from error

    def remove(self, pipeline: str, but: Collection[str] = ()) -> None:
        """Stop the jobs of a pipeline, but those of these names."""
        for job in self.living(pipeline):
            if job.name not in but:
                self.stop(job)

    def stop(self, job: JobStatus) -> None:
        """Stop a job with a savepoint.

        One that takes none is cancelled: the next goes on from its newest checkpoint.
        """
        site = self._site
        pipeline, version = site.pipeline_of(job.name) or ("", "")
        generation = generation_of(site.storage, pipeline, version)
        if generation and self._running(job.id):
            self._cluster.stop(job.id, generation.savepoints.absolute().as_uri(), site.timing.stop)
        self._cluster.cancel(job.id, site.timing.stop)

    def _running(self, job_id: str) -> bool:
        """A job that has just been started or restarted takes no savepoint: give it a moment."""
        deadline = time.monotonic() + self._site.timing.steady
        while time.monotonic() < deadline:
            if is_running(self._cluster.job(job_id)):
                return True
            time.sleep(0.2)
        return False

    def _start(self, spec: JobSpec, generation: Generation) -> str:
        newest = next(iter(snapshots(generation)), None)
        return self._starter.start(spec, generation, newest)


def sorted_out(
    living: Sequence[JobStatus], name: str, beside: Collection[str]
) -> tuple[JobStatus | None, list[JobStatus]]:
    """The job of this name that goes on, if there is one, and those to be stopped.

    `beside`: names of jobs that are left alone.
    """
    concerned = [job for job in living if job.name not in beside]
    ours = [job for job in concerned if job.name == name]
    others = [job for job in concerned if job.name != name]
    return (ours[0] if ours else None), [*others, *ours[1:]]


def generation_of(storage: Storage, pipeline: str, version: str) -> Generation | None:
    """That of a running version, known by the first digits of its digest; else the newest."""
    every = storage.generations(pipeline)
    found = [each for each in every if any(v.startswith(version) for v in each.versions)]
    return next(reversed(found or every), None)


def hand_on(generation: Generation, topic: str, successors: Collection[Generation]) -> None:
    """Let generations that wait for it begin where this one has stopped."""
    waiting = [successor for successor in successors if not successor.start]
    newest = next(iter(snapshots(generation)), None)
    start = (positions(newest, topic) if newest and waiting else "") or generation.start
    for successor in waiting:
        successor.begin_at(start)
