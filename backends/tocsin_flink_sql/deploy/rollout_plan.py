"""What a rollout does to each job, as data: no cluster is asked, nothing is written.

`judge` says what happens to the state of a correlation that changes; a plan that was reviewed
brings that along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tocsin.backend.streaming import Rollout
from tocsin.errors import EngineError
from tocsin.release.cutover import Cutover
from tocsin.release.entry import Entry
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, PackJob, job_specs

JudgeState = Callable[[bytes, bytes], StateDecision]


class StepKind(Enum):
    """What happens to a job; the value is what is done, in this order."""

    KEEP = ()
    UPGRADE = ("stop with a savepoint", "start from it")
    REPLAY = (
        *("start beside the old one", "read events again", "cut over at an event time"),
        *("stop the old one", "delete its state"),
    )
    RESET = (
        *("start beside the old one, with no state", "cut over at an event time"),
        *("stop the old one", "delete its state"),
    )
    START = ("start",)
    SPLIT = ("start where the job of its detections stops",)
    STOP = ("stop with a savepoint", "delete its state")
    MERGE = ("stop once the job that takes its detections runs", "delete its state")

    @property
    def two_generations(self) -> bool:
        """Whether the new job has state of its own, beside that of the old one."""
        return self in {StepKind.REPLAY, StepKind.RESET}


@dataclass(frozen=True, slots=True)
class JobStep:
    """One pipeline: the job that comes, and the one that goes, if there is one.

    `parent`: the pipeline where the detections of a new job ran before. `decision`: on its state.
    """

    kind: StepKind
    after: JobSpec | None = None
    before: JobSpec | None = None
    parent: str = ""
    decision: StateDecision | None = None

    @property
    def pipeline(self) -> str:
        """Where it is."""
        spec = self.after or self.before
        return spec.pipeline if spec else ""

    @property
    def why(self) -> str:
        """Why its state is kept or not, or where its detections were before."""
        if self.decision:
            return self.decision.why
        return f"before: {self.parent}" if self.parent else ""


def plan_rollout(rollout: Rollout, judge: JudgeState) -> list[JobStep]:
    """A step for each pipeline of both sides; those that go come first.

    Raises EngineError where a wish on the state of a correlation is impossible.
    """
    before = job_specs(rollout.before, rollout.bodies)
    after = job_specs(rollout.after, rollout.bodies)
    comes = [
        _changed(spec, before[pipeline], rollout, judge)
        if pipeline in before
        else _new(spec, before)
        for pipeline, spec in after.items()
    ]
    goes = [_gone(before[pipeline], comes) for pipeline in before if pipeline not in after]
    return [*goes, *comes]


def _new(spec: JobSpec, before: Mapping[str, JobSpec]) -> JobStep:
    parent = _parent(spec, before)
    return JobStep(StepKind.SPLIT if parent else StepKind.START, spec, parent=parent)


def _gone(spec: JobSpec, comes: Sequence[JobStep]) -> JobStep:
    """Where a detection had a job of its own and joins one that goes on, its own ends after that.

    Rather is a match found twice than never.
    """
    joins = any(s.before and s.after and spec.detections & s.after.detections for s in comes)
    return JobStep(StepKind.MERGE if joins else StepKind.STOP, before=spec)


def _changed(spec: JobSpec, before: JobSpec, rollout: Rollout, judge: JudgeState) -> JobStep:
    if spec.version == before.version:
        return JobStep(StepKind.KEEP, spec, before)
    if not isinstance(spec, CorrelationJob) or not isinstance(before, CorrelationJob):
        return JobStep(StepKind.UPGRADE, spec, before)
    decision = rollout.decisions.get(spec.detection) or judge(before.body, spec.body)
    if decision.problem:
        raise EngineError(f"{spec.pipeline}: {decision.problem}")
    return JobStep(_KINDS[decision.fate], spec, before, decision=decision)


_KINDS = {Fate.KEEP: StepKind.UPGRADE, Fate.REPLAY: StepKind.REPLAY, Fate.RESET: StepKind.RESET}


def _parent(spec: JobSpec, before: Mapping[str, JobSpec]) -> str:
    """The pipeline that has run a pack's detections so far; empty for new ones."""
    for pipeline, was in before.items():
        both = isinstance(was, PackJob) and isinstance(spec, PackJob)
        if both and was.topics == spec.topics and was.detections & spec.detections:
            return pipeline
    return ""


def plain_cutovers(steps: Sequence[JobStep], rollout: Rollout) -> Iterator[Cutover]:
    """Those of detections of which no two versions run beside each other: both count."""
    before: Mapping[str, Entry] = {entry.id: entry for entry in rollout.before}
    two = [step.after for step in steps if step.kind.two_generations]
    beside = {id_ for spec in two if spec for id_ in spec.detections}
    for entry in rollout.after:
        was = before.get(entry.id)
        if was and was.logic != entry.logic and entry.id not in beside:
            yield Cutover(entry.id, was.logic, entry.logic)
