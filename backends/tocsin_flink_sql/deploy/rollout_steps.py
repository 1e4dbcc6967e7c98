"""The steps of a rollout as data, in the order in which they are carried out.

`rollout_work` has the function for each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tocsin.backend.streaming import Phase, Rollout
from tocsin_flink_sql.deploy.rollout_plan import (
    BESIDE,
    ChangeKind,
    JobChange,
    logic_changes,
    plain_cutovers,
)


class JobAction(Enum):
    """What a step does to its jobs."""

    LOOK_FOR_TASK_SLOTS = "check for free task slots"
    MAKE_TOPICS = "create missing topics"
    BEGIN_GENERATIONS = "create missing generations of state"
    CHECK = "let Flink check the statements"
    RESTORE_FILES = "restore missing or altered files"
    START_BESIDE = "start beside the old job"
    CUT_OVER = "wait until the new job has caught up, and publish the cutover"
    COUNT_BOTH = "publish that the matches of both versions count"
    STOP = "stop with a savepoint"
    SEE_BOTH_RUN = "check that both jobs run"
    UPGRADE = "stop with a savepoint, and start the new version from it"
    SEE_IT_RUN = "check that the job runs"
    STOP_MERGED = "stop: another job has its detections now"
    START = "start"
    START_SPLIT = "start where the previous job stopped"
    END_OLD = "run the old job up to the cutover, then delete it and its state"
    END_CUTOVERS = "publish where the matches of the old version end"
    START_OLD = "run the old job alone"
    SWEEP = "delete leftover jobs and state"
    DELETE_JARS = "delete unused jars"

    @property
    def point(self) -> str:
        """The name of the point after the step, at which tests kill an apply."""
        return self.name.lower().replace("_", "-")


_EVERY = frozenset(ChangeKind)
_COME = _EVERY - {ChangeKind.STOP, ChangeKind.MERGE}
_OTHER = _COME - {ChangeKind.KEEP}
_KEEP = frozenset({ChangeKind.KEEP})

KindsByAction = Mapping[JobAction, frozenset[ChangeKind]]
FORWARD: Mapping[Phase, KindsByAction] = {
    Phase.STAGE: {
        JobAction.LOOK_FOR_TASK_SLOTS: BESIDE | {ChangeKind.START, ChangeKind.SPLIT},
        JobAction.MAKE_TOPICS: _EVERY,
        JobAction.BEGIN_GENERATIONS: _COME,
        JobAction.CHECK: _OTHER,
        JobAction.RESTORE_FILES: _KEEP,
        JobAction.START_BESIDE: BESIDE,
        JobAction.CUT_OVER: BESIDE,
        JobAction.COUNT_BOTH: _OTHER,
    },
    Phase.SWITCH: {
        JobAction.STOP: frozenset({ChangeKind.STOP}),
        JobAction.SEE_BOTH_RUN: BESIDE,
        JobAction.UPGRADE: frozenset({ChangeKind.UPGRADE}),
        JobAction.SEE_IT_RUN: _KEEP,
        JobAction.STOP_MERGED: frozenset({ChangeKind.MERGE}),
        JobAction.START: frozenset({ChangeKind.START}),
        JobAction.START_SPLIT: frozenset({ChangeKind.SPLIT}),
    },
    Phase.SETTLE: {
        JobAction.END_OLD: BESIDE,
        JobAction.END_CUTOVERS: _OTHER,
        JobAction.SWEEP: _EVERY,
        JobAction.DELETE_JARS: _EVERY,
    },
}
"""The actions of each phase in order, each with the kinds of changes it applies to."""
BACK: KindsByAction = {
    JobAction.START_BESIDE: BESIDE,
    JobAction.CUT_OVER: BESIDE,
    JobAction.END_OLD: BESIDE,
    JobAction.END_CUTOVERS: BESIDE,
    JobAction.BEGIN_GENERATIONS: _KEEP,
    JobAction.START_OLD: _KEEP,
    JobAction.SWEEP: _EVERY,
}
"""Those of the way back: where a new job has taken over, the old one returns by another cutover."""
_AT_ANY_RATE = (JobAction.MAKE_TOPICS, JobAction.SWEEP, JobAction.DELETE_JARS)
"""Steps for the environment as a whole, which are always carried out."""


@dataclass(frozen=True, slots=True)
class JobsStep:
    """One step; `subjects` names what it is applied to."""

    phase: Phase
    action: JobAction
    changes: tuple[JobChange, ...]
    subjects: tuple[str, ...]


def steps_forward(changes: Sequence[JobChange], rollout: Rollout) -> list[JobsStep]:
    """The steps of a rollout, in order."""
    return [
        step for phase, order in FORWARD.items() for step in _steps(phase, order, changes, rollout)
    ]


def steps_back(changes: Sequence[JobChange], way_back: Rollout) -> list[JobsStep]:
    """The steps that revert a rollout, in order."""
    return list(_steps(Phase.SETTLE, BACK, changes, way_back))


def _steps(
    phase: Phase, order: KindsByAction, changes: Sequence[JobChange], rollout: Rollout
) -> Iterator[JobsStep]:
    """Without the steps that apply to nothing."""
    for action, kinds in order.items():
        concerned = tuple(change for change in changes if change.kind in kinds)
        subjects = tuple(_subjects(action, concerned, rollout))
        if subjects or action in _AT_ANY_RATE:
            yield JobsStep(phase, action, concerned, subjects)


def _subjects(action: JobAction, changes: Sequence[JobChange], rollout: Rollout) -> Collection[str]:
    pipelines = [change.pipeline for change in changes]
    match action:
        case JobAction.MAKE_TOPICS:
            return topics_read(changes)
        case JobAction.COUNT_BOTH:
            keys = {entry.id: entry.key for entry in rollout.after}
            return sorted(keys[each.detection] for each in plain_cutovers(changes, rollout))
        case JobAction.END_CUTOVERS:
            other = logic_changes(rollout)
            return [pipeline for pipeline in pipelines if pipeline in other]
        case JobAction.SWEEP:
            return [change.pipeline for change in changes if change.after is None]
        case JobAction.DELETE_JARS:
            return ()
        case _:
            return pipelines


def topics_read(changes: Sequence[JobChange]) -> list[str]:
    """The topics that new and kept jobs read."""
    return sorted({topic for each in changes if each.after for topic in each.after.topics})


def jobs_at_once(
    changes: Sequence[JobChange], living: Collection[str], there: Collection[str]
) -> int:
    """The largest number of jobs that run during the steps in addition to those that run now.

    `living`: the pipelines with a running job; `there`: those whose new job is already running.
    """
    begun = [each for each in changes if each.pipeline not in there]
    beside = sum(each.kind in BESIDE for each in begun)
    started = sum(each.kind in (ChangeKind.START, ChangeKind.SPLIT) for each in begun)
    ended = sum(each.after is None and each.pipeline in living for each in changes)
    return max(beside, beside + started - ended)
