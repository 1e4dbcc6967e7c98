"""A source inferred from events: for each field that rules look at, its type and its values.

Integers and booleans keep their type where a field has nothing else. Mixed scalars become texts
by their text form; a field that holds arrays or maps anywhere is declared an array, of the texts of
what it has (a map or an array stands in it as an empty map: present, without text).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import Any

from tocsin.ir.evaluate import View
from tocsin.ir.stream import Clock
from tocsin.ir.text import INT64, lookup, scalar_text, scalars
from tocsin.ir.times import millis_text
from tocsin.model.source import Column, FieldType, Source

VALUES = "tocsin:values"
"""Column with every scalar of the event, made where rules have keywords."""
TIME = "tocsin:time"
"""Column of event time, in one form whatever the event's own."""

UNBOUND = Source("events", (), lateness_ms=None)
"""What rules are bound to before their fields are known."""

TypedRow = dict[str, Any]


def infer(
    fields: Iterable[str],
    events: Sequence[dict[str, Any]],
    clock: Clock | None = None,
    *,
    keywords: bool,
) -> tuple[Source, list[TypedRow]]:
    """The inferred source and its rows, one an event, in order; missing values are left out.

    With a clock, rows have a column of event time.
    """
    wanted = _Wanted(fields)
    raw = [wanted.of(event) for event in events]
    types = _types(wanted.names, raw)
    rows = [{name: _VALUE[types[name]](value) for name, value in row.items()} for row in raw]
    columns = [Column(name, types[name], (name,)) for name in wanted.names]
    values, said = (_free(name, wanted.names) for name in (VALUES, TIME))
    if keywords:
        columns.append(Column(values, FieldType.STRINGS, (values,)))
        for row, event in zip(rows, events, strict=True):
            row[values] = list(scalars(event))
    if clock:
        columns.append(Column(said, FieldType.TIMESTAMP, (said,)))
        for row, event in zip(rows, events, strict=True):
            if (time := clock(View(event))) is not None:
                row[said] = millis_text(time)
    return _source(columns, said if clock else "", values if keywords else ""), rows


def _free(name: str, names: Container[str]) -> str:
    """The name, or one like it that no rule says."""
    return name if name not in names else _free(f"{name}~", names)


def _source(columns: Iterable[Column], time_field: str, values_column: str) -> Source:
    return Source(
        "events",
        tuple(columns),
        table="events",
        topic="events",
        time_field=time_field,
        lateness_ms=None,
        values_column=values_column,
        fits=True,
    )


def narrowed(source: Source, names: Container[str], *, keywords: bool) -> Source:
    """The source with only these fields, and the columns that are no fields but needed."""
    values = source.values_column if keywords else ""
    kept = (source.time_field, values)
    columns = tuple(c for c in source.columns if c.name in names or c.name in kept)
    return replace(source, columns=columns, values_column=values)


class _Wanted:
    """The fields that rules look at, sorted; flat keys are found without trying every name."""

    def __init__(self, fields: Iterable[str]) -> None:
        self.names = sorted(set(fields))
        self._flat = set(self.names)
        self._dotted: dict[str, list[str]] = {}
        for name in self.names:
            if "." in name:
                self._dotted.setdefault(name.split(".")[0], []).append(name)

    def of(self, event: dict[str, Any]) -> TypedRow:
        """The event's values of the wanted fields, without null and missing ones."""
        row = {}
        for key, value in event.items():
            if key in self._flat and value is not None:
                row[key] = value
            if key in self._dotted and isinstance(value, dict):
                for name in self._dotted[key]:
                    if name not in event and (found := lookup(event, name)) is not None:
                        row[name] = found
        return row


def _types(names: Iterable[str], rows: Iterable[TypedRow]) -> dict[str, FieldType]:
    kinds: dict[str, set[str]] = {name: set() for name in names}
    for row in rows:
        for name, value in row.items():
            kinds[name].add(_kind(value))
    return {name: _TYPE.get(frozenset(found), _mixed(found)) for name, found in kinds.items()}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if value in INT64 else "text"
    return "many" if isinstance(value, dict | list) else "text"


def _mixed(kinds: set[str]) -> FieldType:
    return FieldType.STRINGS if "many" in kinds else FieldType.STRING


_TYPE = {
    frozenset(("integer",)): FieldType.INTEGER,
    frozenset(("boolean",)): FieldType.BOOLEAN,
}


def _texts(value: Any) -> list[Any]:
    members = value if isinstance(value, list) else [value]
    return [
        None if m is None else {} if isinstance(m, dict | list) else scalar_text(m) for m in members
    ]


_VALUE: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.INTEGER: lambda value: value,
    FieldType.BOOLEAN: lambda value: value,
    FieldType.STRING: scalar_text,
    FieldType.STRINGS: _texts,
}
