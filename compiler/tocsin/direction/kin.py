"""Implications between leaves whose patterns have the same texts, found before the solver asks.

An edit of a modifier changes every value of a list alike: what is asked for each of thousands of
values one after the other takes long, and here is one look-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import permutations

from tocsin.direction.choice import takes_all_of
from tocsin.direction.formula import LeafAtom
from tocsin.ir.nodes import Keyword, Leaf, Text
from tocsin.ir.text import fold

MOST_KIN = 8
"""Patterns with the same texts; more are compared as they come."""


def implications(variables: Mapping[LeafAtom, int]) -> Iterator[tuple[int, int]]:
    """Clauses: not the one, or the other."""
    kin: dict[tuple[str, ...], list[tuple[Text, int]]] = defaultdict(list)
    for atom, variable in variables.items():
        if isinstance(atom, Leaf | Keyword) and isinstance(atom.test, Text):
            place = atom.field if isinstance(atom, Leaf) else ""
            texts = (fold(part) for part in atom.test.pattern if isinstance(part, str))
            kin[type(atom).__name__, place, *texts].append((atom.test, variable))
    for each in kin.values():
        for (test, one), (other, implied) in permutations(each[:MOST_KIN], 2):
            if takes_all_of(other, test):
                yield -one, implied
