"""Start the job of a pipeline: the session's settings, its tables, its statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tocsin.canonical import digest
from tocsin.errors import EngineError
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, PackJob
from tocsin_flink_sql.state.compiled_plan import CompiledPlan, compile_plan, execute_plan
from tocsin_flink_sql.state.operator_mapping import adopt
from tocsin_flink_sql.state.snapshots import Snapshot
from tocsin_flink_sql.state.storage import Generation

ATTEMPTS = 20
"""Starts of one version from one snapshot, before it is called hopeless."""

COMMON: Mapping[str, str] = {
    "execution.runtime-mode": "streaming",
    "table.local-time-zone": "UTC",
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "execution.checkpointing.num-retained": "2",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "execution.checkpointing.tolerable-failed-checkpoints": "3",
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "1s",
    "restart-strategy.exponential-delay.max-backoff": "30s",
}


class Starter:
    """Starts jobs of a site. `longest_ms`: how long Kafka allows a transaction to take."""

    def __init__(self, site: Site, cluster: ClusterRest, longest_ms: int) -> None:
        self._site = site
        self._cluster = cluster
        self._longest_ms = longest_ms

    def start(self, spec: JobSpec, generation: Generation, snapshot: Snapshot | None) -> str:
        """Start a job from a snapshot, or from the generation's start; its id.

        The id follows from what is started and from where: should an apply that was killed have
        asked for the same, Flink refuses the second.
        """
        known = {job.id for job in self._cluster.seen()}
        for job in job_ids(self._site.name(spec), generation, snapshot):
            if job in known:
                continue
            settings = session_settings(self._site, spec, generation, snapshot, job)
            try:
                return self._submit(spec, generation, settings)
            except EngineError as error:
                if "DuplicateJobSubmissionException" not in error.message:
                    raise
                if self._lives(job):
                    return job
        raise EngineError(f"{spec.pipeline} was started {ATTEMPTS} times from one snapshot")

    def check(self, spec: JobSpec, generation: Generation) -> None:
        """Have Flink plan the job; it is not started. Raises EngineError if that fails."""
        if isinstance(spec, CorrelationJob):
            self.plan(spec, generation)
            return
        with self._session(self._tables(spec, generation), COMMON) as session:
            session.query(f"EXPLAIN {spec.insert(self._site.topics)}")

    def restore(self, spec: JobSpec, generation: Generation) -> None:
        """Put back what a job needs to start again, if that is missing or altered."""
        if isinstance(spec, CorrelationJob):
            self.plan(spec, generation)
        else:
            self._site.storage.jar(spec.jar)

    def prepare(self, spec: CorrelationJob, generation: Generation, live: CorrelationJob) -> None:
        """Compile a version that goes on with the state of the one that is live there.

        Its plan takes over the ids of the operators whose state it continues.
        """
        if live.version == spec.version:
            self.plan(spec, generation)
        else:
            plan = adopt(self.compiled(spec, generation.plans), self.plan(live, generation))
            generation.keep_plan(spec.version, plan.encode())

    def plan(self, spec: CorrelationJob, generation: Generation) -> CompiledPlan:
        """The stored plan; compiled if there is none, with the ids of another of the generation."""
        stored = generation.plan(spec.version)
        if stored is not None:
            return CompiledPlan.decode(stored)
        plan = self.compiled(spec, generation.plans)
        kept = [p for v in sorted(generation.versions) if (p := generation.plan(v)) is not None]
        if kept:
            plan = adopt(plan, CompiledPlan.decode(kept[0]))
        generation.keep_plan(spec.version, plan.encode())
        return plan

    def compiled(self, spec: CorrelationJob, folder: Path) -> CompiledPlan:
        """A new plan. Neither topics nor options are part of it."""
        jar = self._site.storage.jar(spec.jar)
        tables = spec.tables(self._site.topics, jar, {"scan.startup.mode": "earliest-offset"}, {})
        with self._session(tables, COMMON) as session:
            return compile_plan(session, spec.deployed.insert, folder)

    def _submit(self, spec: JobSpec, generation: Generation, settings: Mapping[str, str]) -> str:
        if isinstance(spec, PackJob):
            with self._session(self._tables(spec, generation), settings) as session:
                return session.submit_job(spec.insert(self._site.topics))
        plan = self.plan(spec, generation)
        with self._session(self._tables(spec, generation), settings) as session:
            return execute_plan(session, plan, generation.plans)

    @contextmanager
    def _session(self, tables: Sequence[str], settings: Mapping[str, str]) -> Iterator[Gateway]:
        with Gateway(self._site.environment.gateway, settings=settings) as session:
            for statement in tables:
                session.execute(statement)
            self._site.environment.point("session-ready")
            yield session

    def _tables(self, spec: JobSpec, generation: Generation) -> Sequence[str]:
        site = self._site
        reading = site.reading(spec.pipeline, generation)
        writing = site.writing(spec.pipeline, generation, self._longest_ms)
        return spec.tables(site.topics, site.storage.jar(spec.jar), reading, writing)

    def _lives(self, job: str) -> bool:
        return any(seen.id == job and not seen.ended for seen in self._cluster.seen())


def session_settings(
    site: Site, spec: JobSpec, generation: Generation, snapshot: Snapshot | None, job: str
) -> dict[str, str]:
    """The settings of the session that starts a job under this id."""
    return {
        **COMMON,
        "pipeline.name": site.name(spec),
        "parallelism.default": str(site.environment.parallelism),
        "execution.checkpointing.interval": f"{site.timing.checkpoint_ms}ms",
        "execution.checkpointing.dir": generation.checkpoints.absolute().as_uri(),
        "execution.checkpointing.savepoint-dir": generation.savepoints.absolute().as_uri(),
        # Events go from the source to the matcher as they are, not copied.
        "pipeline.object-reuse": "true" if isinstance(spec, PackJob) else "false",
        "$internal.pipeline.job-id": job,
        **(_restored(snapshot) if snapshot else {}),
    }


def _restored(snapshot: Snapshot) -> dict[str, str]:
    return {
        "execution.state-recovery.path": snapshot.uri,
        "execution.state-recovery.claim-mode": "NO_CLAIM",
    }


def job_ids(name: str, generation: Generation, snapshot: Snapshot | None) -> Iterator[str]:
    """The ids of a job's first start from a snapshot, of its second …: the same whenever asked."""
    place = snapshot.folder.name if snapshot else ""
    number = snapshot.number if snapshot else 0
    owner = snapshot.owner.name if snapshot else ""
    for attempt in range(ATTEMPTS):
        yield digest([name, generation.name, owner, place, number, attempt])[:32]
