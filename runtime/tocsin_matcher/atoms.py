"""The tests of a pack on values: each distinct leaf once, with the place of its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.ir.nodes import FieldRef, Keyword, Leaf, Test
from tocsin.ir.text import lookup, scalars, texts, walk
from tocsin.model.artifact import Event
from tocsin.pack.guard import Guard
from tocsin.pack.leaves import Asked
from tocsin.pack.part import Part


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Where a value is in an event: at a path, or else at a flat key or the dotted path it names.

    `every` stands for all scalars of the event.
    """

    field: str = ""
    path: tuple[str, ...] = ()
    every: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is one key of the event and nothing else."""
        return not self.every and (len(self.path) == 1 if self.path else "." not in self.field)

    @property
    def key(self) -> str:
        """The key where it is plain."""
        return self.path[0] if self.path else self.field

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the event that it needs, in the order they are looked at."""
        if self.plain:
            return (self.key,)
        return self.path[:1] if self.path else (self.field, self.field.split(".")[0])

    def value(self, event: Event) -> Any:
        """The value there, as events have them; of all scalars, their texts."""
        if self.every:
            return list(scalars(event))
        return walk(event, self.path) if self.path else lookup(event, self.field)


EVERY = ValuePlace(every=True)
Texts = tuple[str, ...] | None


def texts_of(value: Any) -> Texts:
    """Text forms of a value as columns have them: a tuple is its own."""
    return value if isinstance(value, tuple) else texts(value)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places whose values are compared."""

    one: ValuePlace
    other: ValuePlace


Where = ValuePlace | Pair


@dataclass(frozen=True, slots=True)
class Atom:
    """A leaf on one value, or on a pair.

    `ask` is None where it asks whether the value is missing.
    """

    number: int
    where: Where
    ask: Test | FieldRef | None
    guard: Guard


@dataclass(frozen=True, slots=True)
class Atoms:
    """All atoms of a pack, and for each part the atom of each of its leaves."""

    all: tuple[Atom, ...]
    of_parts: tuple[tuple[int, ...], ...]


def atoms_of(parts: Iterable[Part]) -> Atoms:
    """The atoms of parts; parts of different age may see a field at different places."""
    known: dict[tuple[Asked, Where], int] = {}
    atoms: list[Atom] = []
    of_parts: list[tuple[int, ...]] = []
    for part in parts:
        paths = dict(part.paths)
        numbers: list[int] = []
        for leaf, guard in zip(part.leaves, part.guards, strict=True):
            where = _where(leaf, paths)
            number = known.setdefault((leaf, where), len(atoms))
            if number == len(atoms):
                atoms.append(Atom(number, where, _ask(leaf), guard))
            numbers.append(number)
        of_parts.append(tuple(numbers))
    return Atoms(tuple(atoms), tuple(of_parts))


def _where(leaf: Asked, paths: Mapping[str, tuple[str, ...]]) -> Where:
    if isinstance(leaf, Keyword):
        return EVERY
    place = ValuePlace(leaf.field, paths.get(leaf.field, ()))
    if isinstance(leaf, FieldRef):
        return Pair(place, ValuePlace(leaf.other, paths.get(leaf.other, ())))
    return place


def _ask(leaf: Asked) -> Test | FieldRef | None:
    if isinstance(leaf, Leaf | Keyword):
        return leaf.test
    return leaf if isinstance(leaf, FieldRef) else None
