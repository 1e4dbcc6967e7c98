"""One place of events: its values sorted into classes, each value once.

The class of a value is the set of atoms that hold of it. A value is kept as events have it: a text,
a number or null; a tuple of texts stands for what has several text forms, or none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tocsin.ir.evaluate import related
from tocsin.ir.leaf import checker
from tocsin.ir.nodes import FieldRef, Text
from tocsin.ir.text import fold
from tocsin_runtime.matcher.atoms import Atom, Pair, Place, Where, texts_of
from tocsin_runtime.matcher.literals import Literals

Check = Callable[[str], bool]
Value = str | int | float | None | tuple[str, ...]

MOST_KNOWN = 200_000
"""Values kept."""
LONGEST_KNOWN = 4_096
"""Code points of a text that is kept."""


class Classes:
    """Sets of atoms by number, and the classes of the values seen so far."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}
        self.members: list[frozenset[int]] = []
        self._numbers: dict[frozenset[int], int] = {}

    def classify(self, values: Iterable[Any]) -> dict[Any, int]:
        """The classes of values, by value. Those that are not too long are known from now on."""
        classes: dict[Any, int] = {}
        new: list[Any] = []
        for value in values:
            number = self.known.get(value)
            if number is None:
                new.append(value)
            else:
                classes[value] = number
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        for value, atoms in zip(new, self.holding(new), strict=True):
            number = classes[value] = self._class(frozenset(atoms))
            if not isinstance(value, str) or len(value) <= LONGEST_KNOWN:
                self.known[value] = number
        return classes

    def holding(self, values: Sequence[Any]) -> Sequence[set[int]]:
        """For each value, the atoms that hold of it."""
        raise NotImplementedError

    def _class(self, atoms: frozenset[int]) -> int:
        number = self._numbers.setdefault(atoms, len(self.members))
        if number == len(self.members):
            self.members.append(atoms)
        return number


class Pairs(Classes):
    """Pairs of values that field references compare."""

    def __init__(self, where: Pair, atoms: Iterable[Atom]) -> None:
        super().__init__()
        self.where = where
        self._checks = [
            (atom.number, atom.ask.cased, related(atom.ask))
            for atom in atoms
            if isinstance(atom.ask, FieldRef)
        ]

    def holding(self, values: Sequence[tuple[Value, Value]]) -> Sequence[set[int]]:
        """For each pair, the atoms that hold of it."""
        return [self._of(texts_of(one) or (), texts_of(other) or ()) for one, other in values]

    def _of(self, one: tuple[str, ...], other: tuple[str, ...]) -> set[int]:
        folded = tuple(map(fold, one)), tuple(map(fold, other))
        return {
            number
            for number, cased, holds in self._checks
            if (holds(one, other) if cased else holds(*folded))
        }


class Column(Classes):
    """Values at one place. `asked`, where it is set, counts how often an atom's test was run."""

    def __init__(self, where: Place, atoms: Iterable[Atom]) -> None:
        super().__init__()
        self.where = where
        self.asked: Counter[int] | None = None
        self._missing: set[int] = set()
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._free: list[tuple[int, Check]] = []
        guarded: dict[str, list[tuple[int, Check]]] = defaultdict(list)
        for atom in atoms:
            self._add(atom, guarded)
        self._guarded = list(guarded.values())
        self._literals = Literals(list(guarded)) if guarded else None

    def _add(self, atom: Atom, guarded: Mapping[str, list[tuple[int, Check]]]) -> None:
        match atom.ask:
            case None:
                self._missing.add(atom.number)
            case Text((), cased=False):
                self._equal[""].append(atom.number)
            case Text((str(literal),), cased=False):
                self._equal[literal].append(atom.number)
            case FieldRef():
                raise TypeError("a field reference looks at two places")
            case test if atom.guard:
                for literal in atom.guard:
                    guarded[literal].append((atom.number, checker(test)))
            case test:
                self._free.append((atom.number, checker(test)))

    def holding(self, values: Sequence[Value]) -> Sequence[set[int]]:
        """For each value, the atoms that hold of it."""
        found: list[set[int]] = []
        owners: list[set[int]] = []
        texts: list[str] = []
        for value in values:
            forms = texts_of(value)
            found.append(set(self._missing) if forms is None else set())
            texts += forms or ()
            owners += [found[-1]] * len(forms or ())
        self._ask(texts, owners)
        return found

    def _ask(self, texts: Sequence[str], holding: Sequence[set[int]]) -> None:
        """Add to each text's set the atoms that hold of it."""
        for text, atoms in zip(texts, holding, strict=True):
            if self._equal and (equal := self._equal.get(fold(text))):
                atoms.update(equal)
            for number, check in self._free:
                self._run(number, check, text, atoms)
        for at, literal in self._literals.hits(texts) if self._literals and texts else ():
            for number, check in self._guarded[literal]:
                self._run(number, check, texts[at], holding[at])

    def _run(self, number: int, check: Check, text: str, atoms: set[int]) -> None:
        if number in atoms:
            return
        if self.asked is not None:
            self.asked[number] += 1
        if check(text):
            atoms.add(number)


def column(where: Where, atoms: Iterable[Atom]) -> Column | Pairs:
    """The classes of the values there."""
    return Pairs(where, atoms) if isinstance(where, Pair) else Column(where, atoms)
