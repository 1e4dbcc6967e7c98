"""One place of events: its values sorted into classes, each value once.

The class of a value is the set of atoms that hold of it. A value is kept as columns have it: a
text, an integer or null; a tuple of texts stands for what has several text forms, or none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tocsin.ir.evaluate import related
from tocsin.ir.leaf import TextCheck
from tocsin.ir.nodes import FieldRef, Text, Wild
from tocsin.ir.text import fold
from tocsin_matcher.atoms import Atom, Pair, ValuePlace, Where, texts_of
from tocsin_matcher.check import check_of
from tocsin_matcher.literals import Literals

Value = str | int | None | tuple[str, ...]

MOST_KNOWN = 50_000
"""Values kept."""
LONGEST_KNOWN = 4_096
"""Code points of a text that is kept."""


class Classes:
    """Sets of atoms by number, and the classes of the values seen so far."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}
        self.members: list[frozenset[int]] = []
        self._numbers: dict[frozenset[int], int] = {}

    def numbers(self, values: Iterable[Any]) -> list[int]:
        """The class of each value."""
        values = list(values)
        found: list[Any] = list(map(self.known.get, values))
        if None in found:
            both = zip(values, found, strict=True)
            fresh = self.classify([value for value, number in both if number is None])
            found = [
                fresh[value] if number is None else number
                for value, number in zip(values, found, strict=True)
            ]
        return found

    def classify(self, values: Iterable[Any]) -> dict[Any, int]:
        """The classes of values, by value. Those that are not too long are known from now on."""
        new = list(dict.fromkeys(values))
        classes = {
            value: self._class(frozenset(atoms))
            for value, atoms in zip(new, self.holding(new), strict=True)
        }
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        for value, number in classes.items():
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


class WaitingAtoms:
    """The atoms that wait for a literal: where it must stand, or what else must hold then."""

    def __init__(self, literal: str) -> None:
        self.literal = literal
        self.anywhere: list[int] = []
        self.begin: list[int] = []
        self.end: list[int] = []
        self.checks: list[tuple[int, TextCheck]] = []
        self.positioned = False
        """Whether its place in a text already tells of some atoms."""

    def add(self, atom: Atom) -> None:
        """Wait for the literal."""
        literal = self.literal
        match atom.ask:
            case Text((Wild.MANY, str(own), Wild.MANY), cased=False) if own == literal:
                self.anywhere.append(atom.number)
            case Text((str(own), Wild.MANY), cased=False) if own == literal:
                self.begin.append(atom.number)
            case Text((Wild.MANY, str(own)), cased=False) if own == literal:
                self.end.append(atom.number)
            case _:
                self.checks.append((atom.number, check_of(atom)))
        self.positioned = bool(self.anywhere or self.begin or self.end)


class PlaceValues(Classes):
    """Values at one place. `asked`, where it is set, counts how often an atom's test was run."""

    def __init__(self, where: ValuePlace, atoms: Iterable[Atom]) -> None:
        super().__init__()
        self.where = where
        self.asked: Counter[int] | None = None
        self._missing: set[int] = set()
        self._equal: dict[str, list[int]] = {}
        self._free: list[tuple[int, TextCheck]] = []
        waiting: dict[str, WaitingAtoms] = {}
        for atom in atoms:
            self._add(atom, waiting)
        self._found = list(waiting.values())
        self._literals = Literals(list(waiting)) if waiting else None

    def _add(self, atom: Atom, waiting: dict[str, WaitingAtoms]) -> None:
        match atom.ask:
            case None:
                self._missing.add(atom.number)
            case Text((), cased=False):
                self._equal.setdefault("", []).append(atom.number)
            case Text((str(literal),), cased=False):
                self._equal.setdefault(literal, []).append(atom.number)
            case _ if atom.guard:
                for literal in atom.guard:
                    waiting.setdefault(literal, WaitingAtoms(literal)).add(atom)
            case _:
                self._free.append((atom.number, check_of(atom)))

    def holding(self, values: Sequence[Value]) -> Sequence[set[int]]:
        """For each value, the atoms that hold of it."""
        found: list[set[int]] = [set() for _ in values]
        if all(value.__class__ is str for value in values):
            self._ask(values, found)  # type: ignore[arg-type] # all are texts
            return found
        owners: list[set[int]] = []
        texts: list[str] = []
        for value, atoms in zip(values, found, strict=True):
            forms = texts_of(value)
            if forms is None:
                atoms.update(self._missing)
            texts += forms or ()
            owners += [atoms] * len(forms or ())
        self._ask(texts, owners)
        return found

    def _ask(self, texts: Sequence[str], holding: Sequence[set[int]]) -> None:
        """Add to each text's set the atoms that hold of it."""
        if self._equal:
            for text, atoms in zip(texts, holding, strict=True):
                atoms.update(self._equal.get(fold(text), ()))
        if self._free:
            for text, atoms in zip(texts, holding, strict=True):
                self._run(self._free, text, atoms)
        if self._literals and texts:
            for number, literal, begin, end in self._literals.hits(texts):
                self._take(self._found[literal], texts[number], begin, end, holding[number])

    def _take(self, found: WaitingAtoms, text: str, begin: int, end: int, atoms: set[int]) -> None:
        if found.positioned and (text.isascii() or fold(text)[begin:end] == found.literal):
            if found.anywhere:
                atoms.update(found.anywhere)
            if begin == 0 and found.begin:
                atoms.update(found.begin)
            if found.end and end == len(text):
                atoms.update(found.end)
        if found.checks:
            self._run(found.checks, text, atoms)

    def _run(self, checks: Iterable[tuple[int, TextCheck]], text: str, atoms: set[int]) -> None:
        for number, check in checks:
            if number in atoms:
                continue
            if self.asked is not None:
                self.asked[number] += 1
            if check(text):
                atoms.add(number)


def column(where: Where, atoms: Iterable[Atom]) -> PlaceValues | Pairs:
    """The classes of the values there."""
    return Pairs(where, atoms) if isinstance(where, Pair) else PlaceValues(where, atoms)
