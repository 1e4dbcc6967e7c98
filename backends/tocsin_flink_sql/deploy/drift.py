"""How the jobs of an environment, their topics and their files differ from a release."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from tocsin.release.finding import ISOLATED, Finding
from tocsin_flink_sql.client.rest_api import ClusterRest, JobStatus
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.health import HOPELESS, GroupProgress
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, PackJob
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_flink_sql.state.storage import Generation, Storage

CURE = "`tocsin status --fix`, then apply: it continues from the newest snapshot"
LOOP_MS = 300_000
"""So many failures as are hopeless within this time are a loop."""
CHECKPOINTS = 4
"""After so many a job that reads has committed what it read."""


class Drift:
    """Compares one site with jobs that should run; `generation_of` finds that of a job."""

    def __init__(
        self,
        site: Site,
        cluster: ClusterRest,
        channels: Channels,
        generation_of: Callable[[JobSpec], Generation | None],
    ) -> None:
        self._site = site
        self._cluster = cluster
        self._channels = channels
        self._generation_of = generation_of

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
        found += foreign(jobs, specs)
        running = [s for s in specs.values() if self._runs(s, jobs.get(s.pipeline, []))]
        found += self._stalled(running)
        packs = [spec for spec in running if isinstance(spec, PackJob)]
        ids = [job.id for spec in packs for job in jobs[spec.pipeline] if not job.ended]
        refused = self._site.topics.refused
        metrics = (self._cluster.metric_names(job) for job in ids)
        found += [e for names in metrics for e in isolated_in(names, keys, refused)]
        generations = [(spec, self._generation_of(spec)) for spec in specs.values()]
        files = altered_files(self._site.storage, generations)
        return [*found, *self._topics(specs), *files]

    def _runs(self, spec: JobSpec, jobs: Sequence[JobStatus]) -> bool:
        name = self._site.name(spec)
        return any(job.name == name and job.status == "RUNNING" for job in jobs)

    def _pipeline(self, spec: JobSpec, jobs: Sequence[JobStatus]) -> Iterator[Finding]:
        name = self._site.name(spec)
        yield from misplaced(name, jobs)
        ours = [job for job in jobs if job.name == name]
        running = next((job for job in ours if not job.ended), None)
        if running:
            failures = self._cluster.failures(running.id)
            yield from looping(name, failures, time.time_ns() // 1_000_000)
        elif all(job.ended for job in jobs):
            failed = bool(ours) and ours[-1].status == "FAILED"
            yield absent(name, self._cluster.root_exception(ours[-1].id) if failed else None)

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
                f"it does not read the events in {', '.join(spec.topics)}",
                "check the log of its task manager; cancel the job, then apply",
                by_hand=True,
            )

    def _reading(self, spec: JobSpec) -> GroupProgress:
        ends = self._channels.ends(spec.topics)
        generation = self._generation_of(spec)
        group = self._site.group(spec.pipeline, generation) if generation else ""
        return GroupProgress(self._channels.read(group, ends) if group else {}, ends)

    def _topics(self, specs: Mapping[str, JobSpec]) -> Iterator[Finding]:
        read = {topic for spec in specs.values() for topic in spec.topics}
        for topic in self._channels.missing(read):
            yield Finding("topic-missing", topic, "a source reads its events from it", "make it")
        yield from self._channels.altered(self._site.topics)


def foreign(jobs: Mapping[str, Sequence[JobStatus]], wanted: Collection[str]) -> list[Finding]:
    """Jobs of pipelines that no detection needs."""
    return [
        Finding("job-foreign", job.name, "no released detection needs it", "apply stops it")
        for pipeline in sorted(set(jobs) - set(wanted))
        for job in jobs[pipeline]
        if not job.ended
    ]


def misplaced(name: str, jobs: Sequence[JobStatus]) -> Iterator[Finding]:
    """Living jobs of a pipeline beside the one that has this name."""
    living = [job for job in jobs if not job.ended]
    for job in living:
        if job.name != name:
            yield Finding("job-other-version", job.name, f"released is {name}", CURE)
    for job in [job for job in living if job.name == name][1:]:
        yield Finding("job-duplicate", name, f"job {job.id} is a duplicate", "apply stops it")


def absent(name: str, cause: str | None) -> Finding:
    """A pipeline in which nothing lives; `cause`: why its job failed, if it did."""
    if cause is None:
        return Finding("job-missing", name, "", CURE)
    return Finding("job-failed", name, cause, CURE)


def looping(name: str, failures: Sequence[tuple[int, str]], now_ms: int) -> Iterator[Finding]:
    """A job that fails again and again; the newest failure is the first."""
    recent = [why for at, why in failures if at > now_ms - LOOP_MS]
    if len(recent) >= HOPELESS:
        told = f"it failed {len(recent)} times in {LOOP_MS // 60_000} minutes: {recent[0]}"
        yield Finding("job-failed", name, told, "fix the cause, then apply", by_hand=True)


def isolated_in(metrics: Iterable[str], keys: Mapping[str, str], refused: str) -> Iterator[Finding]:
    """The detections that a job's matcher has isolated: `…detection.<id>.isolated`."""
    for name in metrics:
        parts = name.split(".")
        if parts[-1] == "isolated" and parts[-2] in keys:
            told = f"it takes too long; what it misses is in {refused}"
            cure = "apply gives it a job of its own; fix the detection"
            yield Finding(ISOLATED, keys[parts[-2]], told, cure)


def altered_files(
    storage: Storage, generations: Iterable[tuple[JobSpec, Generation | None]]
) -> Iterator[Finding]:
    """What is wrong in the shared folder with the generation of each job, and with its files."""
    for spec, generation in generations:
        if generation is None:
            told = f"no state of {spec.pipeline} below {storage.root}"
            yield Finding("state-missing", spec.pipeline, told, "apply starts without state")
        elif isinstance(spec, CorrelationJob) and generation.plan(spec.version) is None:
            told = "its compiled plan is missing or altered"
            yield Finding("plan-altered", spec.pipeline, told, "apply compiles it again")
        if isinstance(spec, PackJob) and not storage.has_jar(spec.jar):
            file = storage.jar_file(spec.jar)
            yield Finding("jar-altered", spec.pipeline, f"{file} is missing or altered", CURE)
