"""Tables over Kafka topics, and the view per source that statements read.

The view has one column per declared field, named as the rules write it, and the columns
`~partition`, `~offset` and `~time` (event time in UTC; NULL where the event tells none). An array
is the text of its members (see `members`). A dotted field may also be one flat key, which wins
unless it is null: Flink's format does not tell null from missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from tocsin.backend.sql_correlation_engine import TIME, has_time
from tocsin.backend.sql_tree import Sql, func, ident, name, quoted, table
from tocsin.model.source import Column, FieldType, Source
from tocsin_flink_sql.clock import ON_EVENT, event_time, no_time
from tocsin_flink_sql.flink import Metadata, printed
from tocsin_flink_sql.members import member_texts

MATCHES = "tocsin_matches"
MATCHES_TOPIC = "tocsin.matches"
PARTITION, OFFSET = "~partition", "~offset"
MATCH_COLUMNS: Mapping[str, str] = {
    "detection_id": "TEXT",
    "logic": "TEXT",
    "source": "TEXT",
    "partition": "INT",
    "offset": "BIGINT",
    "event_time": "TEXT",
}
"""Types of the columns of a match; `event_time` is ISO 8601 in UTC with milliseconds."""

GROUP = "group"
"""The keys of a correlation's group, in order; NULL for all else."""

TYPES: Mapping[FieldType, str] = {
    FieldType.STRING: "TEXT",
    FieldType.TIMESTAMP: "TEXT",
    FieldType.INTEGER: "BIGINT",
    FieldType.DOUBLE: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.MAP: "TEXT",
    FieldType.STRINGS: "TEXT",
}
"""Types in the topic's table. A text takes any JSON: of a map or an array it is the JSON itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a topic is. `bounded`: read what is there now, then end."""

    servers: str = "localhost:9092"
    topic: str = ""
    bounded: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def topic_table(source: Source) -> str:
    """Name of the table over the source's topic."""
    return f"{source.table or source.name}_topic"


def source_table(source: Source, place: Place) -> str:
    """CREATE TABLE over the source's topic: JSON, with event time and watermark."""
    options = {
        "scan.startup.mode": "earliest-offset",
        **({"scan.bounded.mode": "latest-offset"} if place.bounded else {}),
        **source_options(source),
    }
    return create_table(topic_table(source), source_columns(source), place, options)


def source_columns(source: Source) -> list[Sql]:
    """The columns of the table over a source's topic."""
    columns: list[Sql] = [
        plain_column(key, kind) for key, kind in _tree(columns_of(source)).items()
    ]
    columns += [
        metadata_column(PARTITION, "partition", "INT"),
        metadata_column(OFFSET, "offset", "BIGINT"),
    ]
    return columns + _event_time(source)


def source_options(source: Source) -> dict[str, str]:
    """How a source's topic is read, wherever from."""
    return {
        "json.ignore-parse-errors": "true",
        # The streaming parser loses its place, and the event, at an array or a map where a scalar
        # or a map is declared; the tree reader makes that one field NULL.
        "json.decode.json-parser.enabled": "false",
        **(ON_EVENT if has_time(source) else {}),
    }


def matches_table(place: Place) -> str:
    """CREATE TABLE over the topic of matches."""
    return table_over(MATCHES, {**MATCH_COLUMNS, GROUP: "ARRAY<TEXT>"}, place)


def table_over(key: str, kinds: Mapping[str, str], place: Place) -> str:
    """CREATE TABLE over a topic of JSON, with columns of these types."""
    columns = [plain_column(column, exp.DataType.build(kind)) for column, kind in kinds.items()]
    return create_table(key, columns, place, {})


def view(source: Source) -> str:
    """CREATE VIEW of the declared fields."""
    fields = [exp.alias_(_seen(c), c.name, quoted=True) for c in columns_of(source)]
    time = ident(TIME) if has_time(source) else no_time()
    own = [ident(PARTITION), ident(OFFSET), exp.alias_(time, TIME, quoted=True)]
    query = exp.select(*fields, *own).from_(table(topic_table(source)))
    target = table(source.table or source.name)
    return _temporary(exp.Create(this=target, kind="VIEW", expression=query))


# --- columns --------------------------------------------------------------------------------------


def columns_of(source: Source) -> tuple[Column, ...]:
    """The declared columns, and the one of all values where it is none of them."""
    values = source.values_column
    if not values or source.column(values):
        return source.columns
    return (*source.columns, Column(values, FieldType.STRINGS, (values,)))


def _tree(columns: Iterable[Column]) -> dict[str, exp.DataType]:
    """Top-level columns of the JSON document, nested paths as ROW types."""
    nested: dict[str, Any] = {}
    places = [(place, column.type) for column in columns for place in column.places]
    for (*above, last), kind in sorted(places, key=lambda place: len(place[0])):
        level = nested
        for part in above:
            below = level.get(part)
            if not isinstance(below, dict):
                below = level[part] = {}
            level = below
        level.setdefault(last, exp.DataType.build(TYPES[kind]))
    return {key: _type(value) for key, value in nested.items()}


def _type(value: Any) -> exp.DataType:
    if isinstance(value, exp.DataType):
        return value
    parts = [plain_column(key, _type(below)) for key, below in value.items()]
    return exp.DataType(this=exp.DType.STRUCT, nested=True, expressions=parts)


def plain_column(key: str, kind: exp.DataType) -> exp.ColumnDef:
    """A column that the format fills."""
    return exp.ColumnDef(this=name(key), kind=kind)


def metadata_column(key: str, source: str, kind: str, *, written: bool = False) -> exp.ColumnDef:
    """A column that the connector fills, or that tells it what to do if it is `written`."""
    constraint = exp.ColumnConstraint(kind=Metadata(this=quoted(source), written=written))
    return exp.ColumnDef(this=name(key), kind=exp.DataType.build(kind), constraints=[constraint])


def _seen(column: Column) -> Sql:
    """A field as statements see it."""
    value = _value(column)
    return member_texts(value) if column.type is FieldType.STRINGS else value


def _value(column: Column) -> Sql:
    """A field by its flat key or its path."""
    values = [_path(place) for place in column.places]
    return values[0] if len(values) == 1 else func("COALESCE", *values)


def _path(path: tuple[str, ...]) -> Sql:
    """A field by its path; a map with declared parts is a ROW, whose text nobody asks for."""
    first, *rest = path
    value: Sql = ident(first)
    for part in rest:
        value = exp.Dot(this=value, expression=name(part))
    return value


def _event_time(source: Source) -> list[Sql]:
    column = source.column(source.time_field) if has_time(source) else None
    return event_time(source, _value(column)) if column else []


# --- tables ---------------------------------------------------------------------------------------


def create_table(key: str, columns: Sequence[Sql], place: Place, more: Mapping[str, str]) -> str:
    """CREATE TABLE over a topic, of JSON unless `more` names another format."""
    options = {
        "connector": "kafka",
        "topic": place.topic,
        "properties.bootstrap.servers": place.servers,
        "format": "json",
        **more,
        **place.options,
    }
    pairs = [exp.Property(this=quoted(k), value=quoted(v)) for k, v in options.items()]
    schema = exp.Schema(this=table(key), expressions=columns)
    tree = exp.Create(this=schema, kind="TABLE", properties=exp.Properties(expressions=pairs))
    return _temporary(tree)


def _temporary(tree: exp.Create) -> str:
    """Tables live as long as their session: a deployment defines them anew."""
    text = printed(tree)
    return text.replace("CREATE ", "CREATE TEMPORARY ", 1)
