"""The witness of a detection: a few atoms of which one must hold, or fail to, before it matches.

The rarer they are, the fewer events have to be looked at closely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.pack.tree import PackedTree

NOTHING: frozenset[int] = frozenset()


class Witness(NamedTuple):
    """`cost`: share of events that have it, and what asking costs. `holds`, `fails`: atoms."""

    cost: float
    holds: frozenset[int] = NOTHING
    fails: frozenset[int] = NOTHING


NEVER = Witness(0.0)
"""The witness of what cannot match: nothing."""
NO_COST = float("inf")
"""The cost of asking what cannot be asked."""


@dataclass(frozen=True, slots=True)
class Costs:
    """`share`: of the events in which an atom holds. `asking`: what using it costs besides."""

    share: Sequence[float]
    asking: Sequence[float]


def witness(tree: PackedTree, atoms: Sequence[int], costs: Costs) -> Witness | None:
    """The cheapest witness of a condition; None if every event has to be looked at."""
    return _Chooser(atoms, costs).of(tree, holds=True)


@dataclass(frozen=True, slots=True)
class _Chooser:
    atoms: Sequence[int]
    costs: Costs

    def of(self, tree: PackedTree, *, holds: bool) -> Witness | None:
        if isinstance(tree, bool):
            return None if tree is holds else NEVER
        if isinstance(tree, int):
            return self._leaf(self.atoms[tree], holds=holds)
        name, *args = tree
        if name == "not":
            return self.of(args[0], holds=not holds)
        made = [self.of(arg, holds=holds) for arg in args]
        return _best(made) if (name == "and") is holds else _all(made)

    def _leaf(self, atom: int, *, holds: bool) -> Witness | None:
        share, asking = self.costs.share[atom], self.costs.asking[atom]
        if asking == NO_COST:
            return None
        if holds:
            return Witness(share + asking, frozenset((atom,)))
        return Witness(1.0 - share + asking, NOTHING, frozenset((atom,)))


def _best(made: Sequence[Witness | None]) -> Witness | None:
    known = [each for each in made if each is not None]
    return min(known, key=lambda each: each.cost, default=None)


def _all(made: Sequence[Witness | None]) -> Witness | None:
    known = [each for each in made if each is not None]
    if len(known) < len(made):
        return None
    return (
        known[0]
        if len(known) == 1
        else Witness(
            sum(each.cost for each in known),
            frozenset().union(*(each.holds for each in known)),
            frozenset().union(*(each.fails for each in known)),
        )
    )


def by_atom(witnesses: Mapping[int, Witness]) -> dict[int, list[int]]:
    """The parts for which an atom that holds is a witness."""
    found: dict[int, list[int]] = {}
    for part, each in witnesses.items():
        for atom in each.holds:
            found.setdefault(atom, []).append(part)
    return found


def rest(
    tree: PackedTree, atoms: Sequence[int], asked: AbstractSet[int], holding: AbstractSet[int]
) -> PackedTree:
    """What is left of a condition once the asked atoms are known: true, false, or a tree of atoms.

    `holding` are those of the asked atoms that hold.
    """
    if isinstance(tree, bool):
        return tree
    if isinstance(tree, int):
        atom = atoms[tree]
        return atom in holding if atom in asked else atom
    name, *args = tree
    if name == "not":
        below = rest(args[0], atoms, asked, holding)
        return not below if isinstance(below, bool) else ("not", below)
    ends = name == "or"
    kept: list[PackedTree] = []
    for arg in args:
        below = rest(arg, atoms, asked, holding)
        if below is ends:
            return ends
        if not isinstance(below, bool):
            kept.append(below)
    return (name, *kept) if len(kept) > 1 else kept[0] if kept else not ends


def verdict(
    tree: PackedTree, atoms: Sequence[int], asked: AbstractSet[int], holding: AbstractSet[int]
) -> bool | None:
    """Whether a condition holds as far as the asked atoms tell; None where they do not."""
    left = rest(tree, atoms, asked, holding)
    return left if isinstance(left, bool) else None


def settle(tree: PackedTree, truth: Callable[[int], bool]) -> bool:
    """Whether a tree of atoms holds."""
    if isinstance(tree, bool):
        return tree
    if isinstance(tree, int):
        return truth(tree)
    name, *args = tree
    if name == "not":
        return not settle(args[0], truth)
    ends = name == "or"
    return ends if any(settle(arg, truth) is ends for arg in args) else not ends
