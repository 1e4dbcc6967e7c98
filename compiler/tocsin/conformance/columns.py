"""Columns for the fields of a case: types from its values, places as the events have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tocsin.ir.text import BITS64, walk
from tocsin.model.artifact import Event
from tocsin.model.source import Column, FieldType

NAME = "conformance"
"""Source, table and topic of all cases."""
TIME = "time"


def columns_of(fields: Iterable[str], events: Sequence[Event]) -> tuple[Column, ...]:
    """A column for each field, sorted by name."""
    return tuple(_column(name, events) for name in sorted(set(fields)))


def _column(name: str, events: Sequence[Event]) -> Column:
    path = (name,) if any(name in event for event in events) else tuple(name.split("."))
    return Column(name, type_of(walk(event, path) for event in events) or FieldType.STRING, path)


def type_of(values: Iterable[Any]) -> FieldType | None:
    """The type that a source's author would declare for these values; None for nulls alone."""
    kinds = {_kind(value) for value in values if value is not None}
    if len(kinds) < 2:  # noqa: PLR2004 - none or one
        return next(iter(kinds), None)
    if kinds == {FieldType.INTEGER, FieldType.DOUBLE}:
        return FieldType.DOUBLE
    return FieldType.STRINGS if kinds & {FieldType.MAP, FieldType.STRINGS} else FieldType.STRING


def _kind(value: Any) -> FieldType:
    match value:
        case bool():
            return FieldType.BOOLEAN
        case int() if value in BITS64:
            return FieldType.INTEGER
        case int() | float():
            return FieldType.DOUBLE
        case dict():
            return FieldType.MAP
        case list():
            return FieldType.STRINGS
    return FieldType.STRING


def values_of(event: Event, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of an event with its path, maps included."""
    for key, value in event.items():
        here = (*path, key)
        yield here, value
        if isinstance(value, dict):
            yield from values_of(value, here)
