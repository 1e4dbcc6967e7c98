"""Two generations of a correlation beside each other, and the cut between them.

The new one reads events again, or from now on, until it is as far as the old one. Then a moment of
event time is published that neither has reached: matches up to it are the old one's, later ones
the new one's. The old one ends when it is past that moment.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

from tocsin.backend.fleet import Board, Cut, UnhealthyError
from tocsin.errors import EngineError
from tocsin_flink_sql.jobs import JobSpec
from tocsin_flink_sql.site import Site
from tocsin_flink_sql.steps import Step
from tocsin_flink_sql.storage import Generation
from tocsin_flink_sql.swap import Slots
from tocsin_flink_sql.watermarks import Watermarks

NEAR_MS = 2000
"""So far behind the old one the new one counts as having caught up."""
MARGIN_MS = 10_000
"""How far after both watermarks a cut is at first, beside the age of what Flink tells."""
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """The logic of a detection before and after."""

    detection: str
    before: str
    after: str

    def cut(self, at: int | None, *, sure: bool = False, ends: tuple[int, ...] = ()) -> Cut:
        """The cut at this event time (milliseconds); `ends` once the old one is gone."""
        return Cut(self.detection, self.before, self.after, at, sure=sure, ends=ends)


class BlueGreen:
    """Changes of generations at one site."""

    def __init__(self, site: Site, slots: Slots, watermarks: Watermarks) -> None:
        self._site = site
        self._slots = slots
        self._watermarks = watermarks

    def begin(self, step: Step) -> None:
        """Start the new generation beside the old. Raises UnhealthyError.

        The old one may be in any state: a change may be what mends it.
        """
        old, new = self._names(step)
        if step.before is not None and step.old is not None:
            with suppress(UnhealthyError):
                self._slots.install(step.before, step.old, {new})
        self._slots.install(step.after, step.generation, {old})

    def cut(self, step: Step, change: Change, board: Board) -> None:
        """Wait until the new generation has caught up, and publish the cut.

        An old one that a restart took with it is waited for; one that stays dead has no cut: the
        matches of both count. Raises UnhealthyError if the new one does not catch up in time.
        """
        sure = step.generation.cut
        if sure is not None:
            board.cut([change.cut(sure, sure=True)])
            return
        if step.before is None or step.old is None:
            return
        _, new = self._names(step)
        try:
            self._slots.install(step.before, step.old, {new})
        except UnhealthyError:
            board.cut([change.cut(None)])
            return
        self._catch_up(step)
        step.generation.set_cut(at := self._publish(step, change, board))
        board.cut([change.cut(at, sure=True)])

    def finish(self, step: Step, change: Change, board: Board) -> None:
        """Let the old generation run up to the cut, then take it away."""
        _, new = self._names(step)
        at = step.generation.cut
        if step.before is not None and step.old is not None and at is not None:
            self._restart(step.before, step.old, new)
            self._await(step, change, board, at)
        self._site.point("cut-reached")
        self._slots.remove(step.after.slot, {new})
        self._site.point("old-stopped")
        if step.old is not None:
            self._site.storage.end(step.after.slot, step.old)

    def _restart(self, spec: JobSpec, generation: Generation, beside: str) -> None:
        """The old one must run up to the cut; there is no way back to it any more."""
        try:
            self._slots.install(spec, generation, {beside})
        except UnhealthyError as error:
            raise EngineError(error.message, hint="apply again once it runs") from error

    def _catch_up(self, step: Step) -> None:
        deadline = time.monotonic() + self._site.timing.catch_up
        while True:
            old, new = (self._watermarks.of(job) for job in self._jobs(step))
            if old is None or (new is not None and new >= old - NEAR_MS):
                return
            if time.monotonic() > deadline:
                raise UnhealthyError(
                    f"{self._site.name(step.after)} has not caught up in "
                    f"{self._site.timing.catch_up:.0f} s: it is at {new}, the old one at {old}"
                )
            time.sleep(POLL_SECONDS)

    def _publish(self, step: Step, change: Change, board: Board) -> int:
        """Publish a cut that neither has reached; again, with more room, until that is sure."""
        jobs, margin = self._jobs(step), MARGIN_MS + self._watermarks.age_ms
        marks = self._watermarks.now(jobs)
        while True:
            at = _latest(marks) + margin
            board.cut([change.cut(at)])
            self._site.point("cut-published")
            marks = self._watermarks.now(jobs)
            if _latest(marks) <= at:
                return at
            margin *= 2

    def _await(self, step: Step, change: Change, board: Board, at: int) -> None:
        """Wait until the old generation is at the cut; where nothing comes, the cut comes down."""
        deadline = time.monotonic() + self._site.timing.catch_up
        last: list[int | None] = []
        while True:
            marks = self._watermarks.now(self._jobs(step))
            if marks[0] is not None and marks[0] >= at:
                return
            if marks == last and len(set(marks)) == 1:
                board.cut([change.cut(_latest(marks), sure=True)])
                step.generation.set_cut(_latest(marks))
                return
            if time.monotonic() > deadline:
                raise EngineError(
                    f"the old generation of {step.after.slot} does not reach the cut at {at}",
                    hint="apply again once its job reads on",
                )
            last = marks

    def _jobs(self, step: Step) -> tuple[str, str]:
        """Ids of the old job and of the new one."""
        names = {job.name: job.id for job in self._slots.living(step.after.slot)}
        try:
            old, new = (names[name] for name in self._names(step))
        except KeyError as error:
            raise UnhealthyError(f"{error.args[0]} does not run") from error
        return old, new

    def _names(self, step: Step) -> tuple[str, str]:
        before = self._site.name(step.before) if step.before else ""
        return before, self._site.name(step.after)


def _latest(marks: list[int | None]) -> int:
    """The latest of two watermarks; before 1970 where neither has any."""
    return max((mark for mark in marks if mark is not None), default=-1)
