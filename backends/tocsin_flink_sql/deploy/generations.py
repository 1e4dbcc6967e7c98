"""The generations of state that the steps of a rollout work on, begun where there is none yet."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.backend.streaming import Rollout
from tocsin.release.state_decision import Fate
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, job_specs
from tocsin_flink_sql.deploy.rollout_plan import JobStep
from tocsin_flink_sql.state.storage import Generation


@dataclass(frozen=True, slots=True)
class PipelineStep:
    """One pipeline with a job that comes, and the one that goes if there is one.

    `old` is the generation of the one that goes; None too if that is gone already. `parent`: the
    pipeline where the detections of a new one ran before.
    """

    after: JobSpec
    generation: Generation
    before: JobSpec | None = None
    old: Generation | None = None
    parent: str = ""

    @property
    def same(self) -> bool:
        """Whether the job stays."""
        return self.before is not None and self.before.version == self.after.version

    @property
    def blue_green(self) -> bool:
        """Whether both run beside each other until a cutover."""
        return self.before is not None and not self.same and self.old != self.generation


class Generations:
    """Those of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def of(self, plan: Sequence[JobStep], release: int) -> list[PipelineStep]:
        """The steps of jobs that come: the same whenever they are asked for, begun as needed."""
        return [self._of(step, step.after, release) for step in plan if step.after]

    def back(self, rollout: Rollout) -> Iterator[PipelineStep]:
        """The ways back where the new generation's matches count from a cutover on."""
        before = job_specs(rollout.before, rollout.bodies)
        for pipeline, spec in job_specs(rollout.after, rollout.bodies).items():
            made = self._site.storage.made_by(pipeline, rollout.release)
            old = self.current(before[pipeline]) if pipeline in before else None
            if made and old and made != old and made.cutover is not None:
                yield PipelineStep(before[pipeline], old, spec, made)

    def current(self, spec: JobSpec) -> Generation | None:
        """The generation that holds the state of a job that has run."""
        storage = self._site.storage
        serving = storage.serving(spec.pipeline, spec.version)
        return serving or (
            None if isinstance(spec, CorrelationJob) else storage.newest(spec.pipeline)
        )

    def current_or_new(self, spec: JobSpec, release: int, start: str | None = None) -> Generation:
        """That, or one that begins anew where nothing is left of it."""
        return self.current(spec) or self._fresh(
            spec, release, self._start() if start is None else start
        )

    def _of(self, step: JobStep, spec: JobSpec, release: int) -> PipelineStep:
        if step.before is None:
            start = "" if step.parent else None
            return PipelineStep(spec, self.current_or_new(spec, release, start), parent=step.parent)
        old = self.current(step.before)
        if not step.kind.two_generations:
            kept = old or self.current_or_new(spec, release)
            return PipelineStep(spec, kept, step.before, kept)
        made = self._fresh(spec, release, str(self._replayed(step)), old)
        return PipelineStep(spec, made, step.before, old)

    def _replayed(self, step: JobStep) -> int:
        """Since when events are read again, in milliseconds since 1970."""
        if step.decision is None or step.decision.fate is not Fate.REPLAY:
            return self._now()
        return self._now() - step.decision.replay_ms - self._site.timing.slack_ms

    def _fresh(
        self, spec: JobSpec, release: int, start: str, old: Generation | None = None
    ) -> Generation:
        """The generation that this release makes for a pipeline."""
        storage = self._site.storage
        made = storage.made_by(spec.pipeline, release)
        if made is None or made == old:
            made = storage.begin(spec.pipeline, release, self._now(), start)
            if old is not None:
                old.forget_cutover()
        made.serve(spec.version)
        return made

    def _start(self) -> str:
        """A moment in place of `latest`: a job that starts again reads what came meanwhile."""
        return "earliest" if self._site.environment.start == "earliest" else str(self._now())

    def _now(self) -> int:
        return time.time_ns() // 1_000_000
