"""Expressions as clauses over their leaves, each leaf one variable for both versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from tocsin.direction.solver import Solver
from tocsin.ir.nodes import And, Const, Expr, FieldRef, How, IsNull, Keyword, Leaf, Not, Or

LeafAtom = Leaf | IsNull | Keyword | FieldRef


@dataclass(slots=True)
class Formula:
    """The variables of leaves and of all that is combined of them."""

    solver: Solver
    variables: dict[LeafAtom, int] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def literal(self, expr: Expr) -> int:
        """The literal that is true where the expression is."""
        match expr:
            case Not(arg):
                return -self.literal(arg)
            case And(args):
                return self._all([self.literal(arg) for arg in args])
            case Or(args):
                return -self._all([-self.literal(arg) for arg in args])
            case Const(value):
                return self._all([]) if value else -self._all([])
            case _:
                return self._atom(_symmetric(expr))

    def _all(self, parts: list[int]) -> int:
        whole = next(self._numbers)
        for part in parts:
            self.solver.add([-whole, part])
        self.solver.add([whole, *(-part for part in parts)])
        return whole

    def _atom(self, atom: LeafAtom) -> int:
        if atom not in self.variables:
            self.variables[atom] = next(self._numbers)
        return self.variables[atom]

    def relate(self) -> None:
        """What leaves say of each other whatever their texts: call it once, after all literals."""
        for atom, variable in list(self.variables.items()):
            for null in map(IsNull, _needed(atom)):
                if null in self.variables:
                    self.solver.add([-variable, -self.variables[null]])
        self._relate_references()
        self.solver.prefer(
            variable if isinstance(atom, IsNull) else -variable
            for atom, variable in self.variables.items()
        )

    def _relate_references(self) -> None:
        refs = [(a, v) for a, v in self.variables.items() if isinstance(a, FieldRef)]
        for atom, variable in refs:
            for other, implied in refs:
                if atom != other and _implies(atom, other):
                    self.solver.add([-variable, implied])


def _symmetric(atom: LeafAtom) -> LeafAtom:
    """Of two ways to say that fields are equal the one."""
    if isinstance(atom, FieldRef) and atom.how is How.EQUALS and atom.other < atom.field:
        return FieldRef(atom.other, atom.field, atom.how, atom.cased)
    return atom


def _implies(one: FieldRef, other: FieldRef) -> bool:
    same = (one.field, one.other) == (other.field, other.other)
    swapped = one.how is How.EQUALS and (one.other, one.field) == (other.field, other.other)
    weaker = one.how is other.how or one.how is How.EQUALS or other.how is How.CONTAINS
    return (same or swapped) and weaker and (one.cased or not other.cased)


def _needed(atom: LeafAtom) -> tuple[str, ...]:
    """Fields that are not missing where a leaf is true."""
    if isinstance(atom, FieldRef):
        return (atom.field, atom.other)
    return (atom.field,) if isinstance(atom, Leaf) else ()
