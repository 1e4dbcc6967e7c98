"""What one condition on single events matches and another does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.direction.effort import Effort, OutOfEffortError
from tocsin.direction.formula import Formula
from tocsin.direction.kin import implications
from tocsin.direction.places import FieldPlaces, Values
from tocsin.direction.solver import Solver
from tocsin.direction.values import Solution
from tocsin.direction.verdict import NOTHING, DirectionWitness, Excess, SourceEvent
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import Const, Expr
from tocsin.ir.query import Query
from tocsin.model.source import Source

MOST_ROUNDS = 2_000
MOST_STEPS = 400_000
MOST_MISSES = 8
"""Solutions that turn out not to be events, before the answer is left open."""
TOO_LONG = "it takes too long to find out"
NOT_SHOWN = "no event was found that shows it"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two conditions on events of one stream, as each version's source reads them."""

    old: Expr
    new: Expr
    old_source: Source
    new_source: Source

    @classmethod
    def of(cls, old: Query | None, new: Query | None) -> Sides:
        """Those of two queries; what is not there matches nothing."""
        given = old or new
        if given is None:
            raise ValueError("one of the two versions must be there")
        never = Const(value=False)
        return cls(
            old.matches if old else never,
            new.matches if new else never,
            (old or given).source,
            (new or given).source,
        )

    def lost(self, event: Mapping[str, Any]) -> bool:
        """Whether the old condition holds on an event, and the new one does not."""
        return evaluate(self.old, View(event, self.old_source.renamed)) and not evaluate(
            self.new, View(event, self.new_source.renamed)
        )


def excess(sides: Sides) -> Excess:
    """What the old condition matches and the new one does not."""
    if sides.old == sides.new and sides.old_source.renamed == sides.new_source.renamed:
        return NOTHING
    with Solver() as solver:
        return _Asking(sides, solver).answer()


class _Asking:
    """One question: a solution of the formula, values that make it true, an event, the proof."""

    def __init__(self, sides: Sides, solver: Solver) -> None:
        self._sides = sides
        self._solver = solver
        self._places = FieldPlaces()
        self._effort = Effort(MOST_STEPS)
        self._formula = Formula(solver)
        self._misses: list[str] = []

    def answer(self) -> Excess:
        """An event, or the proof that there is none."""
        sides, literal, placed = self._sides, self._formula.literal, self._places.placed
        try:
            self._solver.add([literal(placed(sides.old, sides.old_source))])
            self._solver.add([-literal(placed(sides.new, sides.new_source))])
            self._formula.relate()
            for clause in implications(self._formula.variables):
                self._solver.add(clause)
            return self._rounds()
        except OutOfEffortError:
            return Excess(reason=TOO_LONG)

    def _rounds(self) -> Excess:
        for _ in range(MOST_ROUNDS):
            model = self._solver.model()
            if model is None:
                return Excess(reason=self._misses[0]) if self._misses else NOTHING
            event = self._event(model)
            if event is not None:
                return Excess(DirectionWitness((SourceEvent(self._sides.old_source.name, event),)))
            if len(self._misses) >= MOST_MISSES:
                return Excess(reason=self._misses[0])
        return Excess(reason=TOO_LONG)

    def _event(self, model: frozenset[int]) -> Mapping[str, Any] | None:
        """The event of a solution; where there is none, the solver learns why."""
        variables = self._formula.variables
        found = Solution(variables, model, self._effort).found()
        for clause in found.broken:
            self._solver.add(clause)
        if found.broken:
            return None
        event = None if found.undecided else self._shows(found.values)
        if event is not None:
            return self._smaller(event, found.values)
        self._misses.append((found.undecided or [NOT_SHOWN])[0])
        self._solver.add(-each if each in model else each for each in variables.values())
        return None

    def _shows(self, values: Values) -> Mapping[str, Any] | None:
        """An event with these values, if it is one that shows the difference."""
        events = self._places.events(values)
        return next((event for event in events if self._sides.lost(event)), None)

    def _smaller(self, event: Mapping[str, Any], values: Values) -> Mapping[str, Any]:
        """The event without fields that it does not need."""
        for place in list(values):
            fewer = {other: value for other, value in values.items() if other != place}
            if (less := self._shows(fewer)) is not None:
                event, values = less, fewer
        return event
