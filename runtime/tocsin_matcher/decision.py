"""What the asked atoms that hold decide of parts, and what they leave open."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from tocsin.pack.part import Part
from tocsin.pack.tree import PackedTree
from tocsin_matcher.atoms import Atoms
from tocsin_matcher.choice import Choice
from tocsin_matcher.witness import by_atom, rest


class Candidates(NamedTuple):
    """Numbers of the parts that match for sure; others with what is left of their conditions."""

    sure: tuple[int, ...] = ()
    open: tuple[tuple[int, PackedTree], ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.sure or self.open)


NONE = Candidates()
NOTHING: AbstractSet[int] = frozenset()


class Decision:
    """Candidates by the atoms that hold. `asked`: the atoms of which that is known."""

    def __init__(
        self, parts: Sequence[Part], atoms: Atoms, choice: Choice, asked: AbstractSet[int]
    ) -> None:
        self._trees: list[PackedTree] = [("and", part.where, part.expr) for part in parts]
        self._of_parts = atoms.of_parts
        self._asked = asked
        self._by_atom = by_atom(choice.witnesses)
        self._failing = [(n, each.fails) for n, each in choice.witnesses.items() if each.fails]
        self._always = choice.always

    def of(self, holding: AbstractSet[int]) -> Candidates:
        """The candidates where just these of the asked atoms hold."""
        parts = set(self._always)
        for atom in holding:
            parts.update(self._by_atom.get(atom, ()))
        parts.update(number for number, fails in self._failing if not fails <= holding)
        left = [(number, self._rest(number, holding)) for number in sorted(parts)]
        sure = tuple(number for number, tree in left if tree is True)
        return Candidates(sure, tuple(each for each in left if not isinstance(each[1], bool)))

    def with_more(self, found: Candidates, atoms: AbstractSet[int]) -> Candidates:
        """And the parts that have one of these other atoms as a witness, all of them open."""
        more = {part for atom in atoms for part in self._by_atom.get(atom, ())}
        more -= {*found.sure, *(part for part, _ in found.open)}
        added = [
            (part, rest(self._trees[part], self._of_parts[part], NOTHING, NOTHING))
            for part in sorted(more)
        ]
        return Candidates(found.sure, (*found.open, *added))

    def _rest(self, part: int, holding: AbstractSet[int]) -> PackedTree:
        return rest(self._trees[part], self._of_parts[part], self._asked, holding)
