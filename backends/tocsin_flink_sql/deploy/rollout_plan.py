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


class ChangeKind(Enum):
    """What a rollout does to a job; `rollout_steps` has the steps."""

    KEEP = "it keeps running"
    UPGRADE = "the new version starts from a savepoint of the old one"
    REPLAY = "the new version replays events beside the old one, then takes over"
    RESET = "the new version starts without state beside the old one, then takes over"
    BACK = "the old version takes over again from a new one that had taken over"
    START = "it is new"
    SPLIT = "it starts where the job that ran its detections stops"
    STOP = "it ends"
    MERGE = "it ends once another job runs its detections"


BESIDE = frozenset({ChangeKind.REPLAY, ChangeKind.RESET, ChangeKind.BACK})
"""Changes for which two jobs run beside each other for a while, each with its own generation."""


@dataclass(frozen=True, slots=True)
class JobChange:
    """One pipeline: the job that comes, and the one that goes, if there is one.

    `parent`: the pipeline where the detections of a new job ran before. `decision`: on its state.
    """

    kind: ChangeKind
    after: JobSpec | None = None
    before: JobSpec | None = None
    parent: str = ""
    decision: StateDecision | None = None

    @property
    def pipeline(self) -> str:
        """Where it is."""
        spec = self.after or self.before
        return spec.pipeline if spec else ""


@dataclass(frozen=True, slots=True)
class LogicChange:
    """The logic of a detection before and after."""

    detection: str
    before: str
    after: str

    def cutover(self, at: int | None, *, sure: bool = False, ends: tuple[int, ...] = ()) -> Cutover:
        """The cutover at this event time (milliseconds); `ends` once the old one is gone."""
        return Cutover(self.detection, self.before, self.after, at, sure=sure, ends=ends)


def plan_rollout(rollout: Rollout, judge: JudgeState) -> list[JobChange]:
    """The change of each pipeline of both sides; those that go come first.

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


def _new(spec: JobSpec, before: Mapping[str, JobSpec]) -> JobChange:
    parent = _parent(spec, before)
    return JobChange(ChangeKind.SPLIT if parent else ChangeKind.START, spec, parent=parent)


def _gone(spec: JobSpec, comes: Sequence[JobChange]) -> JobChange:
    """Where a detection had a job of its own and joins one that goes on, its own ends after that.

    Rather is a match found twice than never.
    """
    joins = any(s.before and s.after and spec.detections & s.after.detections for s in comes)
    return JobChange(ChangeKind.MERGE if joins else ChangeKind.STOP, before=spec)


def _changed(spec: JobSpec, before: JobSpec, rollout: Rollout, judge: JudgeState) -> JobChange:
    if spec.version == before.version:
        return JobChange(ChangeKind.KEEP, spec, before)
    if not isinstance(spec, CorrelationJob) or not isinstance(before, CorrelationJob):
        return JobChange(ChangeKind.UPGRADE, spec, before)
    decision = rollout.decisions.get(spec.detection) or judge(before.body, spec.body)
    if decision.problem:
        raise EngineError(f"{spec.pipeline}: {decision.problem}")
    return JobChange(_KINDS[decision.fate], spec, before, decision=decision)


_KINDS = {
    Fate.KEEP: ChangeKind.UPGRADE,
    Fate.REPLAY: ChangeKind.REPLAY,
    Fate.RESET: ChangeKind.RESET,
}


def _parent(spec: JobSpec, before: Mapping[str, JobSpec]) -> str:
    """The pipeline that has run a pack's detections so far; empty for new ones."""
    for pipeline, was in before.items():
        both = isinstance(was, PackJob) and isinstance(spec, PackJob)
        if both and was.topics == spec.topics and was.detections & spec.detections:
            return pipeline
    return ""


def logic_changes(rollout: Rollout) -> dict[str, LogicChange]:
    """The logic of correlations before and after, by pipeline."""
    before = {entry.id: entry.logic for entry in rollout.before}
    return {
        entry.key: LogicChange(entry.id, before[entry.id], entry.logic)
        for entry in rollout.after
        if entry.stateful and entry.id in before
    }


def plain_cutovers(changes: Sequence[JobChange], rollout: Rollout) -> Iterator[Cutover]:
    """Those of detections of which no two versions run beside each other: both count."""
    before: Mapping[str, Entry] = {entry.id: entry for entry in rollout.before}
    two = [change.after for change in changes if change.kind in BESIDE]
    beside = {id_ for spec in two if spec for id_ in spec.detections}
    for entry in rollout.after:
        was = before.get(entry.id)
        if was and was.logic != entry.logic and entry.id not in beside:
            yield Cutover(entry.id, was.logic, entry.logic)
