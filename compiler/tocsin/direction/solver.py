"""The only module that speaks to the solver of propositional formulas (PySAT)."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from pysat.solvers import Minisat22  # noqa: TID251 - the one module that speaks to PySAT

from tocsin.direction.effort import OutOfEffortError

MOST_CONFLICTS = 20_000
"""Of one question; usual rules need a handful."""


class Solver:
    """Clauses over numbered variables; `close` gives its memory back."""

    def __init__(self) -> None:
        self._solver = Minisat22()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._solver.delete()

    def add(self, clause: Iterable[int]) -> None:
        """One of these holds; a negative number is the negation of the variable."""
        self._solver.add_clause(list(clause))

    def prefer(self, literals: Iterable[int]) -> None:
        """What to take for true where nothing else decides."""
        self._solver.set_phases(list(literals))

    def model(self) -> frozenset[int] | None:
        """The literals that hold in a solution, or None where there is none."""
        self._solver.conf_budget(MOST_CONFLICTS)
        answer = self._solver.solve_limited()
        if answer is None:
            raise OutOfEffortError
        return frozenset(self._solver.get_model() or ()) if answer else None
