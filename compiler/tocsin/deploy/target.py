"""Where artifacts are deployed: the interface that every kind of environment implements."""

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
from tocsin.release.mute import MutedUntil
from tocsin.release.state_decision import StateDecision
from tocsin.state.live import Live

PlacedStep = Deploy | Repair
Clearing = Remove | Discard


class Target(Protocol):
    """One environment's engine. Every method is safe to repeat after a kill at any point."""

    @property
    def journal(self) -> Journal:
        """The journal of an apply in progress."""

    def hold(self) -> AbstractContextManager[None]:
        """Lock out other applies. Raises LedgerError if one is running."""

    def observe(self) -> Live:
        """What is actually in place, even during an apply."""

    def unattended(self) -> Finding | None:
        """A finding if what is deployed needs a worker and none is running."""

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
        mutes: MutedUntil = ...,
    ) -> None:
        """Run exactly these detections from now on, each in its mode, on events of these sources.

        `decisions`: what happens to the state of detections that change, by id; `mutes`: until when
        detections raise no alerts. Raises UnhealthyError if they do not become healthy; then what
        ran before runs again.
        """

    def clear(self, step: Clearing) -> None:
        """Remove an artifact."""
