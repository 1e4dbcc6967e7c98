"""The generations of state that the steps of a rollout work on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.backend.streaming import Rollout
from tocsin.errors import EngineError
from tocsin.release.state_decision import Fate
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, job_specs
from tocsin_flink_sql.deploy.rollout_plan import BESIDE, ChangeKind, JobChange
from tocsin_flink_sql.state.storage import Generation


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """A change of a pipeline with the generations of state of both jobs.

    `old` is the generation of the one that goes; None too if that is gone already.
    """

    after: JobSpec
    generation: Generation
    before: JobSpec | None = None
    old: Generation | None = None

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

    def begin(self, change: JobChange, release: int) -> None:
        """Create the generation of a new job, unless it continues an existing one."""
        spec, old = change.after, self.current(change.before)
        if spec is None:
            return
        if change.kind in BESIDE:
            self._fresh(spec, release, str(self._replayed(change)), old)
        elif old is None and self.current(spec) is None:
            self._fresh(spec, release, "" if change.parent else self._start())

    def of(self, change: JobChange, release: int) -> PipelineChange:
        """A change with its generations. Raises EngineError if the new one does not exist."""
        spec, old = change.after, self.current(change.before)
        made = self._site.storage.made_by(change.pipeline, release)
        match change.kind:
            case ChangeKind.REPLAY | ChangeKind.RESET:
                ours = made
            case ChangeKind.BACK:
                ours, old = self.current(spec), made
            case _:
                ours = old = old or self.current(spec)
        if spec is None or ours is None:
            raise EngineError(
                f"the state of {change.pipeline} is not in {self._site.storage.root} any more",
                hint="apply again",
            )
        return PipelineChange(spec, ours, change.before, old)

    def back(self, rollout: Rollout) -> Iterator[JobChange]:
        """The ways back where the new generation's matches count from a cutover on."""
        before = job_specs(rollout.before, rollout.bodies)
        for pipeline, spec in job_specs(rollout.after, rollout.bodies).items():
            made = self._site.storage.made_by(pipeline, rollout.release)
            old = self.current(before[pipeline]) if pipeline in before else None
            if made and old and made != old and made.cutover is not None:
                yield JobChange(ChangeKind.BACK, before[pipeline], spec)

    def current(self, spec: JobSpec | None) -> Generation | None:
        """The generation that holds the state of a job that has run."""
        if spec is None:
            return None
        storage = self._site.storage
        serving = storage.serving(spec.pipeline, spec.version)
        return serving or (
            None if isinstance(spec, CorrelationJob) else storage.newest(spec.pipeline)
        )

    def _replayed(self, change: JobChange) -> int:
        """Since when events are read again, in milliseconds since 1970."""
        if change.decision is None or change.decision.fate is not Fate.REPLAY:
            return self._now()
        return self._now() - change.decision.replay_ms - self._site.timing.slack_ms

    def _fresh(
        self, spec: JobSpec, release: int, start: str, old: Generation | None = None
    ) -> None:
        """Begin the generation that this release makes for a pipeline."""
        storage = self._site.storage
        made = storage.made_by(spec.pipeline, release)
        if made is None or made == old:
            made = storage.begin(spec.pipeline, release, self._now(), start)
            if old is not None:
                old.forget_cutover()
        made.serve(spec.version)

    def _start(self) -> str:
        """A moment in place of `latest`: a job that starts again reads what came meanwhile."""
        return "earliest" if self._site.environment.start == "earliest" else str(self._now())

    def _now(self) -> int:
        return time.time_ns() // 1_000_000
