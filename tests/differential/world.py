"""What generated detections look at: a source with every type and every way to place a field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.diagnostics import Span
from tocsin.ir.nodes import Const, Expr
from tocsin.ir.query import Query
from tocsin.ir.text import scalars
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source

VALUES = "values"
JSON_STARTS = ("[", "{")
PRINTED = re.compile(r"-?[0-9]\.[0-9]+E-?[0-9]+")
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


@dataclass(frozen=True, slots=True)
class Traits:
    """Which events an engine promises to read as the contract does.

    docs/decisions/sql-backends.md has the reasons. `flat_nulls`: null in a flat key hides the
    dotted path. `doubles_in_texts`: a text or array column may hold a double, and a text may look
    like one with a large E. `json_texts`: a text may look like a JSON array or map. `mistyped`: any
    value in any column.
    """

    flat_nulls: bool = True
    doubles_in_texts: bool = True
    json_texts: bool = True
    mistyped: bool = False


TRAITS: Mapping[str, Traits] = {
    "kafka-filter": Traits(mistyped=True),
    "flink-sql": Traits(mistyped=True),
    "batch-sql": Traits(mistyped=True),
    "spark-sql": Traits(mistyped=True),
}


def traits_of(backend: str) -> Traits:
    """What may be generated for a backend."""
    return TRAITS.get(backend, Traits())


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
    return {**event, VALUES: list(scalars(event))} if source.values_column else event


def fitted(value: Any, traits: Traits) -> Any:
    """The value without texts that the engine would take for JSON or for a double."""
    match value:
        case dict():
            return {key: fitted(member, traits) for key, member in value.items()}
        case list():
            return [fitted(member, traits) for member in value]
        case str() if not traits.json_texts and value[:1] in JSON_STARTS:
            return f"x{value}"
        case str() if not traits.doubles_in_texts and PRINTED.fullmatch(value):
            return value.lower()
    return value


def place(event: Event, path: tuple[str, ...], value: Any) -> None:
    """Set a value at a path; what stands in the way is replaced by a map."""
    for part in path[:-1]:
        below = event.get(part)
        if not isinstance(below, dict):
            below = event[part] = {}
        event = below
    event[path[-1]] = value
