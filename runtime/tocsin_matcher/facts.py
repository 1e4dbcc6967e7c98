"""Facts about one event: whether atoms hold of it, found out only where they are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.events.decode import decode
from tocsin_matcher.atoms import Atoms, Pair, Where
from tocsin_matcher.check import Fact
from tocsin_matcher.rows import Read, Reader, column_value, places


class Facts:
    """The atoms of a pack, asked of rows; where a row lacks a place, of the whole event."""

    def __init__(self, atoms: Atoms, reader: Reader) -> None:
        self._atoms = atoms
        self._reader = reader
        self._facts: dict[int, tuple[Fact, Read | None]] = {}

    def of(self, row: Any, line: bytes) -> Callable[[int], bool]:
        """The facts of a row, by number of the atom. They raise NotAnEventError for a bad line."""
        event: dict[str, Any] | None = None
        values: dict[Where, Any] = {}

        def truth(atom: int) -> bool:
            nonlocal event
            fact, read = self._facts.get(atom) or self._fact(atom)
            if read:
                return fact(read(row))
            if event is None:
                event = decode(line)
            if fact.where not in values:
                values[fact.where] = _value(fact.where, event)
            return fact(values[fact.where])

        return truth

    def _fact(self, atom: int) -> tuple[Fact, Read | None]:
        fact = Fact(self._atoms.all[atom])
        return self._facts.setdefault(atom, (fact, self._reader.value(fact.where)))


def _value(where: Where, event: dict[str, Any]) -> Any:
    found = tuple(column_value(place.value(event)) for place in places(where))
    return found if isinstance(where, Pair) else found[0]
