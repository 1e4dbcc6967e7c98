"""What each release of a made-up ledger does to which detection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from bench.site_rules import LEVELS, MadeUp
from tocsin.release.entry import Action

_SHARE = 250
"""One in so many detections changes with a release."""
_KINDS = (
    (Action.CHANGED, 45),
    (Action.DOCUMENTED, 20),
    (Action.RECOMPILED, 8),
    (Action.SWITCHED, 9),
    (Action.REMOVED, 8),
    (Action.ADDED, 10),
)


@dataclass(frozen=True, slots=True)
class MadeStep:
    """One of them; `before` is None for what is added, `after` for what is removed."""

    action: Action
    before: MadeUp | None
    after: MadeUp | None

    @property
    def id(self) -> str:
        """Of the detection."""
        found = self.after or self.before
        return found.id if found else ""


class Steps:
    """Draws them; `deployed` is what there is after the last ones."""

    def __init__(self, drawn: list[MadeUp], random: Random) -> None:
        first = max(1, len(drawn) - max(3, len(drawn) // 50))
        self.deployed: dict[str, MadeUp] = {}
        self._first, self._waiting = drawn[:first], drawn[first:]
        self._random, self._most = random, max(2, len(drawn) // _SHARE)

    def of(self, number: int) -> list[MadeStep]:
        """Those of a release; none twice for the same detection."""
        drawn = self._begin() if number == 1 else self._draw()
        for step in drawn:
            if step.after:
                self.deployed[step.id] = step.after
            elif step.before:
                del self.deployed[step.id]
                self._waiting.append(step.before)
        return drawn

    def _begin(self) -> list[MadeStep]:
        return [MadeStep(Action.ADDED, None, each) for each in self._first]

    def _draw(self) -> list[MadeStep]:
        kinds, weights = zip(*_KINDS, strict=True)
        count = self._random.randint(1, self._most)
        picked = self._random.sample(sorted(self.deployed), min(count, len(self.deployed)))
        drawn = self._random.choices(kinds, weights, k=len(picked))
        waiting = self._waiting.copy()
        steps = []
        for id_, kind in zip(picked, drawn, strict=True):
            if kind is Action.ADDED and not waiting:
                kind = Action.CHANGED  # noqa: PLW2901 - nothing waits to be added
            if kind is Action.ADDED:
                new = waiting.pop(self._random.randrange(len(waiting)))
                self._waiting.remove(new)
                steps.append(MadeStep(kind, None, new))
            else:
                steps.append(self._step(kind, self.deployed[id_]))
        return steps

    def _step(self, kind: Action, old: MadeUp) -> MadeStep:
        if kind is Action.REMOVED:
            return MadeStep(kind, old, None)
        if kind is Action.CHANGED:
            return MadeStep(kind, old, replace(old, logic=old.logic + 1))
        if kind is Action.RECOMPILED:
            return MadeStep(kind, old, replace(old, built=old.built + 1))
        if kind is Action.SWITCHED:
            mode = "live" if old.mode == "shadow" else "shadow"
            return MadeStep(kind, old, replace(old, mode=mode))
        level = self._random.choice(LEVELS)
        return MadeStep(kind, old, replace(old, words=old.words + 1, level=level))
