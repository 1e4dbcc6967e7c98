"""How the jobs of an environment, their topics and their files differ from a release."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from tocsin.release.finding import ISOLATED, Finding
from tocsin_flink_sql.client.rest_api import ClusterRest, JobStatus
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.health import HOPELESS, GroupProgress
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, PackJob
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_flink_sql.state.storage import Generation

CURE = "`tocsin status --fix`, then apply: it goes on from the newest snapshot"
LOOP_MS = 300_000
"""So many failures as are hopeless within this time are a loop."""
CHECKPOINTS = 4
"""After so many a job that reads has committed what it read."""


class Drift:
    """Compares one site with jobs that should run; `home` finds the generation of a job."""

    def __init__(
        self,
        site: Site,
        cluster: ClusterRest,
        channels: Channels,
        home: Callable[[JobSpec], Generation | None],
    ) -> None:
        self._site = site
        self._cluster = cluster
        self._channels = channels
        self._home = home

    def findings(self, specs: Mapping[str, JobSpec], keys: Mapping[str, str]) -> list[Finding]:
        """All differences, those of jobs first; `keys` of detections by id."""
        jobs: dict[str, list[JobStatus]] = {}
        for job in self._cluster.seen():
            if of := self._site.pipeline_of(job.name):
                jobs.setdefault(of[0], []).append(job)
        found = [
            each
            for pipeline, spec in specs.items()
            for each in self._pipeline(spec, jobs.get(pipeline, []))
        ]
        found += [
            Finding("job-foreign", job.name, "no released detection needs it", "apply stops it")
            for pipeline in sorted(set(jobs) - set(specs))
            for job in jobs[pipeline]
            if not job.ended
        ]
        running = [s for s in specs.values() if self._runs(s, jobs.get(s.pipeline, []))]
        found += self._stalled(running)
        packs = [spec for spec in running if isinstance(spec, PackJob)]
        ids = [job.id for spec in packs for job in jobs[spec.pipeline] if not job.ended]
        found += [each for job in ids for each in self._apart(job, keys)]
        return [*found, *self._topics(specs), *self._files(specs)]

    def _runs(self, spec: JobSpec, jobs: Sequence[JobStatus]) -> bool:
        name = self._site.name(spec)
        return any(job.name == name and job.status == "RUNNING" for job in jobs)

    def _pipeline(self, spec: JobSpec, jobs: Sequence[JobStatus]) -> Iterator[Finding]:
        name = self._site.name(spec)
        living = [job for job in jobs if not job.ended]
        ours = [job for job in living if job.name == name]
        for job in living:
            if job.name != name:
                yield Finding("job-other-version", job.name, f"released is {name}", CURE)
        for job in ours[1:]:
            yield Finding("job-duplicate", name, f"job {job.id} is one too many", "apply stops it")
        if ours:
            yield from self._failing(ours[0])
        elif not living:
            yield self._missing(name, [job for job in jobs if job.name == name])

    def _missing(self, name: str, ended: Sequence[JobStatus]) -> Finding:
        if ended and ended[-1].status == "FAILED":
            return Finding("job-failed", name, self._cluster.root_exception(ended[-1].id), CURE)
        return Finding("job-missing", name, "", CURE)

    def _failing(self, job: JobStatus) -> Iterator[Finding]:
        since = time.time_ns() // 1_000_000 - LOOP_MS
        recent = [why for at, why in self._cluster.failures(job.id) if at > since]
        if len(recent) >= HOPELESS:
            told = f"it failed {len(recent)} times in {LOOP_MS // 60_000} minutes: {recent[0]}"
            yield Finding("job-failed", job.name, told, "mend the cause, then apply", by_hand=True)

    def _apart(self, job: str, keys: Mapping[str, str]) -> Iterator[Finding]:
        """The detections that a job's matcher has set apart: `…detection.<id>.isolated`."""
        for name in self._cluster.metric_names(job):
            parts = name.split(".")
            if parts[-1] == "isolated" and parts[-2] in keys:
                told = f"it takes too long; what it misses is in {self._site.topics.refused}"
                cure = "apply gives it a job of its own; mend it"
                yield Finding(ISOLATED, keys[parts[-2]], told, cure)

    def _stalled(self, specs: Sequence[JobSpec]) -> Iterator[Finding]:
        """Jobs that read nothing while their topics hold more; looks again where that may be."""
        since = {spec.pipeline: self._reading(spec) for spec in specs}

        def waiting(specs: Sequence[JobSpec]) -> list[JobSpec]:
            left = {s.pipeline: since[s.pipeline].behind(self._reading(s).read) for s in specs}
            return [spec for spec in specs if self._channels.unread(left[spec.pipeline])]

        checkpoint = self._site.timing.checkpoint_ms / 1000
        deadline = time.monotonic() + CHECKPOINTS * checkpoint
        while (specs := waiting(specs)) and time.monotonic() < deadline:
            time.sleep(checkpoint / 2)
        for spec in specs:
            yield Finding(
                "job-stalled",
                self._site.name(spec),
                f"there are events in {', '.join(spec.topics)} that it does not read",
                "look at its task manager's log; cancel it, then apply",
                by_hand=True,
            )

    def _reading(self, spec: JobSpec) -> GroupProgress:
        ends = self._channels.ends(spec.topics)
        home = self._home(spec)
        group = self._site.group(spec.pipeline, home) if home else ""
        return GroupProgress(self._channels.read(group, ends) if group else {}, ends)

    def _topics(self, specs: Mapping[str, JobSpec]) -> Iterator[Finding]:
        read = {topic for spec in specs.values() for topic in spec.topics}
        for topic in self._channels.missing(read):
            yield Finding("topic-missing", topic, "a source's events are read from it", "make it")
        yield from self._channels.altered(self._site.topics)

    def _files(self, specs: Mapping[str, JobSpec]) -> Iterator[Finding]:
        storage = self._site.storage
        for spec in specs.values():
            home = self._home(spec)
            if home is None:
                told = f"no state of {spec.pipeline} below {storage.root}"
                yield Finding("state-missing", spec.pipeline, told, "apply begins anew")
            elif isinstance(spec, CorrelationJob) and home.plan(spec.version) is None:
                told = "its compiled plan is missing or altered"
                yield Finding("plan-altered", spec.pipeline, told, "apply compiles it again")
            if isinstance(spec, PackJob) and not storage.has_jar(spec.jar):
                file = storage.jar_file(spec.jar)
                yield Finding("jar-altered", spec.pipeline, f"{file} is missing or altered", CURE)
