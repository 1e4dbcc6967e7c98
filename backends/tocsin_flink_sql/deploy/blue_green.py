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
from tocsin_flink_sql.deploy.generations import Step
from tocsin_flink_sql.deploy.job_specs import JobSpec
from tocsin_flink_sql.deploy.savepoint_upgrade import Pipelines
from tocsin_flink_sql.deploy.watermarks import Watermarks
from tocsin_flink_sql.state.storage import Generation

NEAR_MS = 2000
"""So far behind the old one the new one counts as having caught up."""
MARGIN_MS = 10_000
"""How far after both watermarks a cutover is at first, beside the age of what Flink tells."""
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LogicChange:
    """The logic of a detection before and after."""

    detection: str
    before: str
    after: str

    def cutover(self, at: int | None, *, sure: bool = False, ends: tuple[int, ...] = ()) -> Cutover:
        """The cutover at this event time (milliseconds); `ends` once the old one is gone."""
        return Cutover(self.detection, self.before, self.after, at, sure=sure, ends=ends)


@dataclass(frozen=True, slots=True)
class Turn:
    """A step with two generations, and the change that it makes."""

    step: Step
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


Marks = tuple[int | None, ...]
"""Watermarks of the old job and of the new one."""


class BlueGreen:
    """Changes of generations at one site."""

    def __init__(self, site: Site, pipelines: Pipelines, watermarks: Watermarks) -> None:
        self._site = site
        self._pipelines = pipelines
        self._watermarks = watermarks

    def begin(self, step: Step) -> None:
        """Start the new generation beside the old. Raises UnhealthyError.

        The old one may be in any state: a change may be what mends it.
        """
        old, new = self._names(step)
        if step.before is not None and step.old is not None:
            with suppress(UnhealthyError):
                self._pipelines.install(step.before, step.old, {new})
        self._pipelines.install(step.after, step.generation, {old})

    def cut_over(self, turns: Sequence[Turn], publisher: Publisher) -> None:
        """Wait until the new generations have caught up, and publish their cutovers.

        An old one that a restart took with it is waited for; one that stays dead has none: the
        matches of both count. Raises UnhealthyError if a new one does not catch up in time.
        """
        ahead = [turn for turn in turns if self._runs_beside(turn, publisher)]
        for turn in ahead:
            self._catch_up(turn.step)
        self._publish(ahead, publisher)

    def finish(self, turns: Sequence[Turn], publisher: Publisher) -> None:
        """Let the old generations run up to the cutover, then take them away."""
        waiting = []
        for turn in turns:
            step = turn.step
            if step.before is not None and step.old is not None and turn.at is not None:
                self._restart(step.before, step.old, self._names(step)[1])
                waiting.append(turn)
        self._await(waiting, publisher)
        self._site.place.point("cut-reached")
        for turn in turns:
            step = turn.step
            self._pipelines.remove(turn.pipeline, {self._names(step)[1]})
            self._site.place.point("old-stopped")
            if step.old is not None:
                self._site.storage.end(turn.pipeline, step.old)

    def _runs_beside(self, turn: Turn, publisher: Publisher) -> bool:
        """Whether the cutover is to be found; else what is known of it is published."""
        step, change = turn.step, turn.change
        if turn.at is not None:
            publisher.cut_over([change.cutover(turn.at, sure=True)])
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

    def _catch_up(self, step: Step) -> None:
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

    def _publish(self, turns: Sequence[Turn], publisher: Publisher) -> None:
        """Publish cutovers that neither has reached; again, with more room, until that is sure."""
        margin, marks = MARGIN_MS + self._watermarks.age_ms, self._marks(turns)
        while turns:
            cutovers = [(turn, latest(marks[turn.pipeline]) + margin) for turn in turns]
            publisher.cut_over([turn.change.cutover(at) for turn, at in cutovers])
            self._site.place.point("cut-published")
            marks, margin = self._marks(turns), margin * 2
            sure = [(turn, at) for turn, at in cutovers if is_sure(at, marks[turn.pipeline])]
            for turn, at in sure:
                turn.step.generation.set_cutover(at)
            publisher.cut_over([turn.change.cutover(at, sure=True) for turn, at in sure])
            turns = [turn for turn in turns if turn.at is None]

    def _await(self, turns: Sequence[Turn], publisher: Publisher) -> None:
        """Wait until old generations are there; where nothing comes, the cutover comes down."""
        deadline = time.monotonic() + self._site.timing.catch_up
        last: Mapping[str, Marks] = {}
        while turns:
            marks = self._marks(turns)
            for turn in [t for t in turns if at_rest(marks[t.pipeline], last.get(t.pipeline))]:
                at = latest(marks[turn.pipeline])
                publisher.cut_over([turn.change.cutover(at, sure=True)])
                turn.step.generation.set_cutover(at)
            turns = [t for t in turns if not has_reached(t.at, marks[t.pipeline])]
            if turns and time.monotonic() > deadline:
                slow = turns[0]
                raise EngineError(
                    f"the old job of {slow.pipeline} does not reach the cutover at {slow.at}",
                    hint="apply again once its job is reading",
                )
            last = marks

    def _marks(self, turns: Sequence[Turn]) -> Mapping[str, Marks]:
        """Watermarks of the old job and of the new one, by pipeline."""
        jobs = [self._jobs(turn.step) for turn in turns]
        found = iter(self._watermarks.now([job for pair in jobs for job in pair]) if jobs else ())
        return {turn.pipeline: (next(found), next(found)) for turn in turns}

    def _jobs(self, step: Step) -> tuple[str, str]:
        """Ids of the old job and of the new one."""
        names = {job.name: job.id for job in self._pipelines.living(step.after.pipeline)}
        try:
            old, new = (names[name] for name in self._names(step))
        except KeyError as error:
            raise UnhealthyError(f"{error.args[0]} is not running") from error
        return old, new

    def _names(self, step: Step) -> tuple[str, str]:
        before = self._site.name(step.before) if step.before else ""
        return before, self._site.name(step.after)


def has_caught_up(old: int | None, new: int | None) -> bool:
    """Whether the new job is about as far as the old one."""
    return old is None or (new is not None and new >= old - NEAR_MS)


def is_sure(at: int, marks: Marks) -> bool:
    """Whether neither job has got past a cutover that is published by now."""
    return latest(marks) <= at


def has_reached(at: int | None, marks: Marks) -> bool:
    """Whether the old job has found all that it has to find up to the cutover."""
    return latest(marks[:1]) >= (at or 0)


def at_rest(marks: Marks, before: Marks | None) -> bool:
    """Whether both jobs are equally far and get no further: no event comes."""
    return marks == before and len(set(marks)) == 1


def latest(marks: Marks) -> int:
    """The latest of some watermarks; before 1970 where there is none."""
    return max((mark for mark in marks if mark is not None), default=-1)
