"""The steps that take an environment to a release: one list for plans and for apply.

All fleets finish a phase before the next one begins. After a kill, apply starts again at the first
step: each step checks what is there, because a job may have failed or a topic gone in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tocsin import fault
from tocsin.backend.streaming import Fleet, Phase, Rollout, RolloutStep, UnhealthyError
from tocsin.deploy.publisher import RecordPublisher
from tocsin.errors import TocsinError
from tocsin.progress import Progress

Fleets = Sequence[tuple[str, Fleet]]
"""By the names of their backends, in order."""
NAMED = 5
"""Subjects that a line of progress names."""

_FLEET_DONE = {Phase.STAGE: "staged", Phase.SWITCH: "switched", Phase.SETTLE: "settled"}
_ALL_DONE = {Phase.SWITCH: "published", Phase.SETTLE: "closed"}
"""Points at which tests kill an apply."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a rollout of all fleets; `backend` is empty if it is not a fleet's."""

    backend: str
    phase: Phase
    does: str
    subjects: tuple[str, ...]
    carry_out: Callable[[RecordPublisher], None] = field(repr=False, compare=False)

    @property
    def words(self) -> str:
        """What a plan shows."""
        return self._words(self.subjects)

    @property
    def title(self) -> str:
        """The same, shortened to a line."""
        more = len(self.subjects) - NAMED
        return self._words((*self.subjects[:NAMED], *([f"{more} more"] if more > 0 else [])))

    @property
    def record(self) -> dict[str, Any]:
        """For programs."""
        return {
            "backend": self.backend,
            "phase": self.phase.value,
            "does": self.does,
            "subjects": list(self.subjects),
        }

    def _words(self, subjects: Sequence[str]) -> str:
        to = ": " + ", ".join(subjects) if subjects else ""
        return (f"{self.backend} · " if self.backend else "") + self.does + to


def rollout_steps(rollout: Rollout, fleets: Fleets) -> list[PlannedStep]:
    """All steps, in the order in which apply carries them out."""
    steps = [step for name, fleet in fleets for step in _of(name, fleet.steps(rollout.of(name)))]
    stage, switch, settle = ([s for s in steps if s.phase is phase] for phase in Phase)
    release = f"publish release {rollout.release}"
    return [
        *stage,
        PlannedStep("", Phase.SWITCH, release, (), RecordPublisher.release),
        *switch,
        *settle,
        PlannedStep("", Phase.SETTLE, "forget the previous release", (), RecordPublisher.settled),
    ]


def carry_out(
    rollout: Rollout, fleets: Fleets, publisher: RecordPublisher, progress: Progress
) -> None:
    """Carry out a rollout. Raises UnhealthyError if it has to be reverted.

    Any error before the release is published is a reason to.
    """
    try:
        steps = rollout_steps(rollout, fleets)
        _each((step for step in steps if step.phase is Phase.STAGE), publisher, progress)
    except TocsinError as error:
        raise UnhealthyError(error.message, hint=error.hint) from error
    _each((step for step in steps if step.phase is not Phase.STAGE), publisher, progress)


def carry_back(
    rollout: Rollout, fleets: Fleets, publisher: RecordPublisher, progress: Progress
) -> None:
    """Revert a rollout."""
    publisher.restore()
    for name, fleet in fleets:
        _each(_of(name, fleet.retreat(rollout.of(name))), publisher, progress)


def _of(backend: str, steps: Iterable[RolloutStep]) -> list[PlannedStep]:
    return [PlannedStep(backend, s.phase, s.does, s.subjects, s.carry_out) for s in steps]


def _each(steps: Iterable[PlannedStep], publisher: RecordPublisher, progress: Progress) -> None:
    for (phase, backend), group in groupby(steps, lambda step: (step.phase, step.backend)):
        for step in group:
            with progress.stage(step.title):
                step.carry_out(publisher)
        fault.point((_FLEET_DONE if backend else _ALL_DONE)[phase])
