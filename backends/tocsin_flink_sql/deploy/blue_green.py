"""Two generations of a correlation beside each other, and the cutover between them.

The new one reads events again, or from now on, until it is as far as the old one. Then a moment of
event time is published that neither has reached: matches up to it are the old one's, later ones
the new one's. The old one ends when it is past that moment.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tocsin.backend.streaming import Publisher, UnhealthyError
from tocsin.errors import EngineError
from tocsin.release.cutover import Cutover
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.generations import PipelineChange
from tocsin_flink_sql.deploy.job_specs import JobSpec
from tocsin_flink_sql.deploy.rollout_plan import LogicChange
from tocsin_flink_sql.deploy.savepoint_upgrade import Pipelines
from tocsin_flink_sql.deploy.watermarks import Watermarks
from tocsin_flink_sql.state.storage import Generation

NEAR_MS = 2000
"""So far behind the old one the new one counts as having caught up."""
MARGIN_MS = 10_000
"""How far after both watermarks a cutover is at first, beside the age of what Flink tells."""
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Transition:
    """A pipeline with two generations, and how its logic changes."""

    step: PipelineChange
    change: LogicChange

    @property
    def pipeline(self) -> str:
        """Where it is."""
        return self.step.after.pipeline

    @property
    def at(self) -> int | None:
        """The cutover, once it is sure."""
        return self.step.generation.cutover

    def cutover(self, ends: tuple[int, ...]) -> Cutover:
        """The cutover, once the old one is gone."""
        at = self.at if self.step.blue_green else None
        return self.change.cutover(at, sure=at is not None, ends=ends)


WatermarkPair = tuple[int | None, ...]
"""Watermarks of the old job and of the new one."""


class BlueGreen:
    """Changes of generations at one site."""

    def __init__(self, site: Site, pipelines: Pipelines, watermarks: Watermarks) -> None:
        self._site = site
        self._pipelines = pipelines
        self._watermarks = watermarks

    def begin(self, step: PipelineChange) -> None:
        """Start the new generation beside the old. Raises UnhealthyError.

        The old one may be in any state: a change may be what mends it.
        """
        old, new = self._names(step)
        if step.before is not None and step.old is not None:
            with suppress(UnhealthyError):
                self._pipelines.install(step.before, step.old, {new})
        self._pipelines.install(step.after, step.generation, {old})

    def cut_over(self, transitions: Sequence[Transition], publisher: Publisher) -> None:
        """Wait until the new generations have caught up, and publish their cutovers.

        An old one that a restart took with it is waited for; one that stays dead has none: the
        matches of both count. Raises UnhealthyError if a new one does not catch up in time.
        """
        ahead = [t for t in transitions if self._runs_beside(t, publisher)]
        for transition in ahead:
            self._catch_up(transition.step)
        self._publish(ahead, publisher)

    def finish(self, transitions: Sequence[Transition], publisher: Publisher) -> None:
        """Let the old generations run up to the cutover, then take them away."""
        waiting = []
        for transition in transitions:
            step = transition.step
            if step.before is not None and step.old is not None and transition.at is not None:
                self._restart(step.before, step.old, self._names(step)[1])
                waiting.append(transition)
        self._await(waiting, publisher)
        self._site.environment.point("cut-reached")
        for transition in transitions:
            step = transition.step
            self._pipelines.remove(transition.pipeline, {self._names(step)[1]})
            self._site.environment.point("old-stopped")
            if step.old is not None:
                self._site.storage.end(transition.pipeline, step.old)

    def _runs_beside(self, transition: Transition, publisher: Publisher) -> bool:
        """Whether the cutover is to be found; else what is known of it is published."""
        step, change = transition.step, transition.change
        if transition.at is not None:
            publisher.cut_over([change.cutover(transition.at, sure=True)])
            return False
        if step.before is None or step.old is None:
            return False
        try:
            self._pipelines.install(step.before, step.old, {self._names(step)[1]})
        except UnhealthyError:
            publisher.cut_over([change.cutover(None)])
            return False
        return True

    def _restart(self, spec: JobSpec, generation: Generation, beside: str) -> None:
        """The old one must run up to the cutover; there is no way back to it any more."""
        try:
            self._pipelines.install(spec, generation, {beside})
        except UnhealthyError as error:
            raise EngineError(error.message, hint="apply again once it is running") from error

    def _catch_up(self, step: PipelineChange) -> None:
        deadline = time.monotonic() + self._site.timing.catch_up
        while True:
            old, new = (self._watermarks.of(job) for job in self._jobs(step))
            if has_caught_up(old, new):
                return
            if time.monotonic() > deadline:
                raise UnhealthyError(
                    f"{self._site.name(step.after)} has not caught up after "
                    f"{self._site.timing.catch_up:.0f} s: it is at {new}, the old one at {old}"
                )
            time.sleep(POLL_SECONDS)

    def _publish(self, transitions: Sequence[Transition], publisher: Publisher) -> None:
        """Publish cutovers that neither has reached; again, with more room, until that is sure."""
        margin, marks = MARGIN_MS + self._watermarks.age_ms, self._marks(transitions)
        while transitions:
            cutovers = [(t, latest(marks[t.pipeline]) + margin) for t in transitions]
            publisher.cut_over([t.change.cutover(at) for t, at in cutovers])
            self._site.environment.point("cut-published")
            marks, margin = self._marks(transitions), margin * 2
            sure = [(t, at) for t, at in cutovers if is_sure(at, marks[t.pipeline])]
            for transition, at in sure:
                transition.step.generation.set_cutover(at)
            publisher.cut_over([t.change.cutover(at, sure=True) for t, at in sure])
            transitions = [t for t in transitions if t.at is None]

    def _await(self, transitions: Sequence[Transition], publisher: Publisher) -> None:
        """Wait until old generations are there; where nothing comes, the cutover comes down."""
        deadline = time.monotonic() + self._site.timing.catch_up
        last: Mapping[str, WatermarkPair] = {}
        while transitions:
            marks = self._marks(transitions)
            resting = [t for t in transitions if at_rest(marks[t.pipeline], last.get(t.pipeline))]
            for transition in resting:
                at = latest(marks[transition.pipeline])
                publisher.cut_over([transition.change.cutover(at, sure=True)])
                transition.step.generation.set_cutover(at)
            transitions = [t for t in transitions if not has_reached(t.at, marks[t.pipeline])]
            if transitions and time.monotonic() > deadline:
                slow = transitions[0]
                raise EngineError(
                    f"the old job of {slow.pipeline} does not reach the cutover at {slow.at}",
                    hint="apply again once its job is reading",
                )
            last = marks

    def _marks(self, transitions: Sequence[Transition]) -> Mapping[str, WatermarkPair]:
        """Watermarks of the old job and of the new one, by pipeline."""
        jobs = [self._jobs(transition.step) for transition in transitions]
        found = iter(self._watermarks.now([job for pair in jobs for job in pair]) if jobs else ())
        return {transition.pipeline: (next(found), next(found)) for transition in transitions}

    def _jobs(self, step: PipelineChange) -> tuple[str, str]:
        """Ids of the old job and of the new one."""
        names = {job.name: job.id for job in self._pipelines.living(step.after.pipeline)}
        try:
            old, new = (names[name] for name in self._names(step))
        except KeyError as error:
            raise UnhealthyError(f"{error.args[0]} is not running") from error
        return old, new

    def _names(self, step: PipelineChange) -> tuple[str, str]:
        before = self._site.name(step.before) if step.before else ""
        return before, self._site.name(step.after)


def has_caught_up(old: int | None, new: int | None) -> bool:
    """Whether the new job is about as far as the old one."""
    return old is None or (new is not None and new >= old - NEAR_MS)


def is_sure(at: int, marks: WatermarkPair) -> bool:
    """Whether neither job has got past a cutover that is published by now."""
    return latest(marks) <= at


def has_reached(at: int | None, marks: WatermarkPair) -> bool:
    """Whether the old job has found all that it has to find up to the cutover."""
    return latest(marks[:1]) >= (at or 0)


def at_rest(marks: WatermarkPair, before: WatermarkPair | None) -> bool:
    """Whether both jobs are equally far and get no further: no event comes."""
    return marks == before and len(set(marks)) == 1


def latest(marks: WatermarkPair) -> int:
    """The latest of some watermarks; before 1970 where there is none."""
    return max((mark for mark in marks if mark is not None), default=-1)
