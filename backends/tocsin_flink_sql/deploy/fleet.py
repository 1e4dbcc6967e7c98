"""The jobs of one environment on Flink: how they get from one release to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial

from tocsin.backend.streaming import Publisher, Rollout, RolloutStep, StreamEnvironment
from tocsin.errors import EngineError
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.state_decision import StateDecision
from tocsin_flink_sql.deploy.drift import Drift
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.generations import Generations
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, job_specs
from tocsin_flink_sql.deploy.rollout_plan import ChangeKind, JobChange, plan_rollout
from tocsin_flink_sql.deploy.rollout_steps import JobsStep, steps_back, steps_forward
from tocsin_flink_sql.deploy.rollout_work import RolloutWork, Tools, carry_out
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.compatibility import verdict
from tocsin_flink_sql.state.compiled_plan import CompiledPlan


class FlinkFleet:
    """A `tocsin.backend.streaming.Fleet`."""

    def __init__(self, site: Site, channels: Channels) -> None:
        self._site = site
        self._channels = channels

    @classmethod
    def at(cls, environment: StreamEnvironment) -> FlinkFleet:
        """The jobs of a stream environment. Raises ConfigError where a setting is missing."""
        return cls(Site.of(environment), Channels(environment.kafka))

    # --- looking ----------------------------------------------------------------------------------

    def findings(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> list[Finding]:
        """Where what runs differs from these released detections."""
        specs = job_specs(entries, bodies)
        keys = {entry.id: entry.key for entry in entries}
        with self._tools() as tools:
            current = tools.generations.current
            drift = Drift(self._site, tools.cluster, tools.channels, current)
            return drift.findings(specs, keys)

    def judge(self, before: bytes, after: bytes, wish: str) -> StateDecision:
        """The fate of a correlation's state. Raises EngineError if Flink refuses a version."""
        folder = self._site.storage.root / "plans"

        def plans() -> tuple[CompiledPlan, CompiledPlan]:
            with self._tools() as tools:
                old, new = (
                    tools.pipelines.starter.compiled(_judged(b), folder) for b in (before, after)
                )
            return old, new

        try:
            return verdict(before, after, wish, plans)
        except ValueError as error:
            raise EngineError(str(error), hint="plan again") from error

    # --- moving -----------------------------------------------------------------------------------

    def steps(self, rollout: Rollout) -> list[RolloutStep]:
        """The steps that change the jobs."""
        changes = plan_rollout(rollout, partial(self.judge, wish=""))
        return self._made_of(steps_forward(changes, rollout), rollout, changes)

    def retreat(self, rollout: Rollout) -> list[RolloutStep]:
        """The steps that run the old jobs again."""
        changes, way = list(self._back(rollout)), rollout.back
        return self._made_of(steps_back(changes, way), way, changes)

    def _made_of(
        self, steps: Sequence[JobsStep], way: Rollout, changes: Sequence[JobChange]
    ) -> list[RolloutStep]:
        return [
            RolloutStep(
                step.phase,
                step.action.value,
                step.subjects,
                partial(self._carry_out, step, way, changes),
            )
            for step in steps
        ]

    def _back(self, rollout: Rollout) -> Iterator[JobChange]:
        """The old jobs run again, from the newest snapshots of their generations.

        A new one that has taken over by a cutover is replaced by another cutover. Other cutovers
        stay: both sides may have found something.
        """
        yield from Generations(self._site).back(rollout)
        for spec in job_specs(rollout.before, rollout.bodies).values():
            yield JobChange(ChangeKind.KEEP, spec, spec)

    def _carry_out(
        self, step: JobsStep, way: Rollout, changes: Sequence[JobChange], publisher: Publisher
    ) -> None:
        with self._tools() as tools:
            carry_out(RolloutWork(tools, way, changes, publisher), step.action, step.changes)

    def _tools(self) -> AbstractContextManager[Tools]:
        return Tools.of(self._site, self._channels)


def _judged(body: bytes) -> CorrelationJob:
    deployed = CorrelationArtifact.decode(body)
    return CorrelationJob("", deployed.detection, body, deployed)
