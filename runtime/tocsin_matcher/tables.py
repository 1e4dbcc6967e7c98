"""A pack over tables, engine-neutral: distinct values to classes, tuples of classes to candidates.

The engine finds distinct values, and distinct tuples of the classes that they are given; so each
value and each tuple is looked at once, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tocsin.pack.part import Part
from tocsin.pack.tree import PackedTree
from tocsin_matcher.atoms import EVERY, Atom, Where, atoms_of
from tocsin_matcher.check import Fact
from tocsin_matcher.choice import TEST_COST, choose, measured
from tocsin_matcher.column import column
from tocsin_matcher.decision import Candidates, Decision
from tocsin_matcher.rows import places
from tocsin_matcher.witness import NO_COST

TableRow = Mapping[str, Any]
"""Values by field: a text, a number, null, or a list of texts."""
ComparedFields = tuple[str, ...]
"""One field of a table, or two that are compared."""

RowCheck = Callable[[Sequence[Any]], bool]
"""Whether a row matches, by its values."""

SAMPLE = 4_000
"""Rows that witnesses are chosen by."""


class TableColumn:
    """Fields of a table and the classes of their values; class 0 is of what no atom holds of."""

    def __init__(self, fields: ComparedFields, where: Where, atoms: Iterable[Atom]) -> None:
        self.fields = tuple(dict.fromkeys(fields))
        self._places = [self.fields.index(field) for field in fields]
        self.members: list[frozenset[int]] = [frozenset()]
        self._numbers = {self.members[0]: 0}
        self._classes = column(where, atoms)

    def classify(self, rows: Sequence[tuple[Any, ...]]) -> list[int]:
        """The classes of distinct rows of the fields."""
        if len(self._places) > 1:
            values = [tuple(_value(row[at]) for at in self._places) for row in rows]
        else:
            values = [_value(value) for (value,) in rows]
        return [self._class(frozenset(atoms)) for atoms in self._classes.holding(values)]

    def _class(self, atoms: frozenset[int]) -> int:
        number = self._numbers.setdefault(atoms, len(self.members))
        if number == len(self.members):
            self.members.append(atoms)
        return number


class TablePack:
    """The parts of one source, for its table. `values_field`: lists all scalars of an event.

    Where a field is in an event is the table's business: here a field is a column. `learn_from`
    comes before all but `fields`.
    """

    columns: list[TableColumn]
    _decision: Decision

    def __init__(self, parts: Iterable[Part], values_field: str = "") -> None:
        ordered = sorted(parts, key=lambda part: part.detection)
        self.parts = tuple(replace(part, paths=()) for part in ordered)
        self._values_field = values_field
        self._atoms = atoms_of(self.parts)
        self._facts: dict[int, tuple[Fact, ComparedFields]] = {}

    def _fields(self, where: Where) -> ComparedFields:
        return tuple(self._values_field if p == EVERY else p.field for p in places(where))

    @property
    def fields(self) -> ComparedFields:
        """All fields that the parts look at, sorted."""
        return self._of_atoms(range(len(self._atoms.all)))

    def learn_from(self, rows: Sequence[TableRow]) -> None:
        """Choose witnesses by these rows."""
        like = measured(self._atoms, rows)
        asking = [TEST_COST if each == NO_COST else each for each in like.asking]
        choice = choose(self.parts, self._atoms, replace(like, asking=asking))
        self.columns = [
            TableColumn(self._fields(where), where, atoms) for where, atoms in choice.asked.items()
        ]
        asked = {atom.number for atoms in choice.asked.values() for atom in atoms}
        self._decision = Decision(self.parts, self._atoms, choice, asked)

    def candidates(self, classes: Sequence[int]) -> Candidates:
        """The candidates of rows with these classes, one a column."""
        members = (c.members[number] for c, number in zip(self.columns, classes, strict=True))
        return self._decision.of(frozenset().union(*members))

    def needed(self, candidates: Iterable[Candidates]) -> ComparedFields:
        """Fields that settling what is open needs, sorted."""
        trees = {tree for each in candidates for _, tree in each.open}
        return self._of_atoms({atom for tree in trees for atom in _atoms_in(tree)})

    def _of_atoms(self, atoms: Iterable[int]) -> ComparedFields:
        found = {field for n in atoms for field in self._fields(self._atoms.all[n].where)}
        return tuple(sorted(found))

    def checks(self, candidates: Candidates, fields: ComparedFields) -> list[tuple[int, RowCheck]]:
        """The open parts, each with what tells whether it matches a row of these fields."""
        places = {field: at for at, field in enumerate(fields)}
        return [(part, self._check(tree, places)) for part, tree in candidates.open]

    def _check(self, tree: PackedTree, places: Mapping[str, int]) -> RowCheck:
        if isinstance(tree, bool):
            return lambda _: tree
        if isinstance(tree, int):
            return self._fact_check(tree, places)
        name, *args = tree
        checks = [self._check(arg, places) for arg in args]
        return _COMBINED[name](checks)

    def _fact_check(self, atom: int, places: Mapping[str, int]) -> RowCheck:
        fact, fields = self._facts.get(atom) or self._fact(atom)
        if len(fields) > 1:
            first, second = (places[field] for field in fields)
            return lambda row: fact((_value(row[first]), _value(row[second])))
        [field] = fields
        at = places[field]
        return lambda row: fact(_value(row[at]))

    def _fact(self, atom: int) -> tuple[Fact, ComparedFields]:
        fact = Fact(self._atoms.all[atom])
        return self._facts.setdefault(atom, (fact, self._fields(fact.where)))


def _not(checks: Sequence[RowCheck]) -> RowCheck:
    [check] = checks
    return lambda row: not check(row)


def _all(checks: Sequence[RowCheck]) -> RowCheck:
    def check(row: Sequence[Any]) -> bool:
        for each in checks:  # noqa: SIM110 - a generator costs more than the checks
            if not each(row):
                return False
        return True

    return check


def _any(checks: Sequence[RowCheck]) -> RowCheck:
    def check(row: Sequence[Any]) -> bool:
        for each in checks:  # noqa: SIM110 - as above
            if each(row):
                return True
        return False

    return check


_COMBINED: Mapping[str, Callable[[Sequence[RowCheck]], RowCheck]] = {
    "not": _not,
    "and": _all,
    "or": _any,
}


def _atoms_in(tree: PackedTree) -> Iterator[int]:
    if isinstance(tree, tuple):
        for each in tree[1:]:
            yield from _atoms_in(each)
    elif not isinstance(tree, bool):
        yield tree


def _value(value: Any) -> Any:
    """A value as columns have it: a list of texts is a tuple."""
    return tuple(value) if isinstance(value, list) else value
