"""Where artifacts are deployed: the seam that every kind of environment implements."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from tocsin.deploy.journal import Journal
from tocsin.deploy.rollout import PlannedStep
from tocsin.model.source import Source
from tocsin.plan.steps import Deploy, Discard, Plan, Remove, Repair
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.state_decision import StateDecision
from tocsin.state.live import Live

PlacedStep = Deploy | Repair
Clearing = Remove | Discard


class Target(Protocol):
    """One environment's engine. Every method is safe to repeat after a kill at any point."""

    @property
    def journal(self) -> Journal:
        """Where an apply in progress is written down."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep others from applying meanwhile. Raises LedgerError if someone already does."""

    def observe(self) -> Live:
        """What is really in place; also while someone applies."""

    def unattended(self) -> Finding | None:
        """The finding that no worker makes alerts of what is deployed, if none does."""

    def judge(
        self, backend: str, before: bytes, after: bytes, wish: str, /
    ) -> StateDecision | None:
        """What happens to the state of a correlation whose artifact changes, if it has any."""

    def rollout(self, plan: Plan, bodies: Mapping[str, bytes], /) -> list[PlannedStep]:
        """The steps of activating a plan's result, if jobs or workers run it."""

    def place(self, step: PlacedStep, body: bytes) -> None:
        """Put an artifact's bytes where they belong."""

    def activate(
        self,
        release: int,
        entries: tuple[Entry, ...],
        sources: tuple[Source, ...],
        decisions: Mapping[str, StateDecision] = ...,
    ) -> None:
        """From now on exactly these detections run, each in its mode, on events of these sources.

        `decisions`: what happens to the state of detections that change, by id. Raises
        UnhealthyError if they do not get healthy; then what ran before runs again.
        """

    def clear(self, step: Clearing) -> None:
        """Take an artifact away."""
