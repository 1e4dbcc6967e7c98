"""What generated detections look at: a source with every type and every way to place a field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tocsin.diagnostics import Span
from tocsin.ir.nodes import Const, Expr
from tocsin.ir.query import Query
from tocsin.ir.text import scalars
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source

VALUES = "values"
Event = dict[str, Any]

TEXTS = frozenset({FieldType.STRING, FieldType.TIMESTAMP})

# Twins by case, a nested field, one in another place, one whose flat key has a dot.
COLUMNS = (
    Column("text", FieldType.STRING, ("text",)),
    Column("TEXT", FieldType.STRING, ("TEXT",)),
    Column("user.name", FieldType.STRING, ("user", "name")),
    Column("renamed", FieldType.STRING, ("from", "deep", "place")),
    Column("flat.key", FieldType.STRING, ("flat.key",)),
    Column("number", FieldType.INTEGER, ("number",)),
    Column("user.age", FieldType.INTEGER, ("user", "age")),
    Column("ratio", FieldType.DOUBLE, ("ratio",)),
    Column("flag", FieldType.BOOLEAN, ("flag",)),
    Column("time", FieldType.TIMESTAMP, ("time",)),
    Column("map", FieldType.MAP, ("map",)),
    Column("many", FieldType.STRINGS, ("many",)),
    Column("user.tags", FieldType.STRINGS, ("user", "tags")),
)


class Doubled(dict[str, Any]):
    """A map whose JSON text has some keys before with other values, which mean nothing."""

    def __init__(self, meant: Mapping[str, Any], before: Sequence[tuple[str, Any]]) -> None:
        super().__init__(meant)
        self.before = before

    def items(self) -> Any:
        """What is written, by the JSON encoder alone; all else asks for keys or values."""
        return [*self.before, *super().items()]

    def __repr__(self) -> str:
        return json.dumps(self)


def source_of(fields: Iterable[str] | None = None, *, keywords: bool = True) -> Source:
    """The source, or one with only these fields of it."""
    wanted = None if fields is None else set(fields)
    return Source(
        "generated",
        tuple(c for c in COLUMNS if wanted is None or c.name in wanted),
        table="generated",
        topic="generated",
        values_column=VALUES if keywords else "",
    )


SOURCE = source_of()


def query_of(expr: Expr, name: str, source: Source = SOURCE) -> Query:
    """A detection with this condition."""
    detection = Detection(name, name, Meta(name), LogSource(), Span())
    return Query(detection, source, Const(value=True), expr)


def row_of(event: Event, source: Source = SOURCE) -> Event:
    """The event as an engine gets it: with all its scalars where the source lists them."""
    if not source.values_column:
        return event
    row = {**event, VALUES: list(scalars(event))}
    return Doubled(row, event.before) if isinstance(event, Doubled) else row


def place(event: Event, path: tuple[str, ...], value: Any) -> None:
    """Set a value at a path; what stands in the way is replaced by a map."""
    for part in path[:-1]:
        below = event.get(part)
        if not isinstance(below, dict):
            below = event[part] = {}
        event = below
    event[path[-1]] = value
