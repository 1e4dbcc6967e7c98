"""Lines of JSON to columns of values, decoding only the keys that are looked at.

A row is a struct of the keys that are needed. A line that the struct cannot take (not JSON, or a
value of another type than was expected) is decoded whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from tocsin.events.decode import NotAnEventError, decode
from tocsin.ir.text import scalar_text, texts, walk
from tocsin.model.artifact import Event
from tocsin_matcher.atoms import Pair, ValuePlace, Where

Scalar = str | int | None
"""Types that a column expects.

As keys of a dictionary True is 1, and a double is the integer with its value, whose text may be
another; so neither is among them.
"""

ODD_KEY = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
"""Of keys that have these, msgspec makes no struct: then all lines are decoded whole."""

Read = Callable[[Any], Any]


@dataclass(slots=True)
class Rows:
    """Rows read, their line numbers, and why the other lines are no events."""

    rows: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


class Reader:
    """Reads lines for some places. `odd`: plain ones where a value was no scalar."""

    def __init__(self, wanted: Iterable[Where]) -> None:
        self._places = tuple(dict.fromkeys(place for where in wanted for place in places(where)))
        self.odd: set[ValuePlace] = set()
        self._make()

    def _make(self) -> None:
        keys = dict.fromkeys(key for place in self._places for key in place.keys)
        self._names = {key: f"k{number}" for number, key in enumerate(keys)}
        whole = any(map(ODD_KEY.search, keys))
        scalars = {p.key for p in self._places if p.plain} - {
            key for p in self._places if not p.plain or p in self.odd for key in p.keys
        }
        members = [
            (name, Scalar, msgspec.field(name=None if whole else key, default=None))
            if key in scalars
            else (name, Any, msgspec.field(name=None if whole else key, default=msgspec.UNSET))
            for key, name in self._names.items()
        ]
        self._scalars = scalars
        self._struct = msgspec.defstruct("Row", members, gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(self._struct).decode
        if whole:
            self._decode = lambda line: self.row(decode(line))
        self._columns = {place: self._column(place) for place in self._places}

    def _column(self, place: ValuePlace) -> Read:
        gets = [attrgetter(self._names[key]) for key in place.keys]
        if not place.plain:
            return _nested(place, gets)
        [get] = gets
        return get if place.key in self._scalars else lambda row: column_value(get(row))

    def values(self, where: Where, rows: Sequence[Any]) -> Iterator[Any]:
        """What is there in each row."""
        if isinstance(where, Pair):
            return zip(self.values(where.one, rows), self.values(where.other, rows), strict=True)
        return map(self._columns[where], rows)

    def value(self, where: Where) -> Read | None:
        """How to get what is there from a row; None where rows lack it."""
        reads = [self._columns.get(place) for place in places(where)]
        if None in reads or not isinstance(where, Pair):
            return reads[0] if None not in reads else None
        return lambda row: tuple(read(row) for read in reads if read)

    def read(self, lines: Sequence[bytes]) -> Rows:
        """The rows of lines."""
        try:
            return Rows(list(map(self._decode, lines)), list(range(len(lines))))
        except (msgspec.DecodeError, UnicodeDecodeError, NotAnEventError):
            pass  # some line is odd: one by one
        read = Rows()
        for number, line in enumerate(lines):
            try:
                read.rows.append(self._one(line))
                read.lines.append(number)
            except NotAnEventError as reason:
                read.refused[number] = str(reason)
        return read

    def _one(self, line: bytes) -> Any:
        try:
            return self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self.row(decode(line))

    def row(self, event: Event) -> Any:
        """The row of an event that is decoded already."""
        values = {n: event.get(key, msgspec.UNSET) for key, n in self._names.items()}
        for place in self._places:
            if place.plain and place.key in self._scalars:
                value = column_value(event.get(place.key))
                values[self._names[place.key]] = value
                if isinstance(event.get(place.key), bool | float | list | dict):
                    self.odd.add(place)
        return self._struct(**values)

    def adapt(self) -> bool:
        """Expect what was met: lines with odd values are read at full speed from now on.

        True if that changed anything; `values` and `value` give other functions then.
        """
        met = any(place.key in self._scalars for place in self.odd)
        if met:
            self._make()
        return met


def places(where: Where) -> tuple[ValuePlace, ...]:
    """The one place or the two."""
    return (where.one, where.other) if isinstance(where, Pair) else (where,)


def _nested(place: ValuePlace, gets: Sequence[Read]) -> Read:
    """The flat key first, where there may be one, then the path below the first key of it."""
    *flat, top = gets
    path = (place.path or tuple(place.field.split(".")))[1:]

    def read(row: Any) -> Any:
        if flat and (value := flat[0](row)) is not msgspec.UNSET:
            return column_value(value)
        below = top(row)
        return column_value(walk(below, path) if isinstance(below, Mapping) else None)

    return read


def column_value(value: Any) -> Any:
    """A value as columns have it: a text, an integer, null, or its text forms."""
    if value is None or value is msgspec.UNSET or isinstance(value, str):
        return None if value is msgspec.UNSET else value
    if isinstance(value, bool | float):
        return scalar_text(value)
    return value if isinstance(value, int) else texts(value)
