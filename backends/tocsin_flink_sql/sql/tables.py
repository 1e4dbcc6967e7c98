"""Tables over Kafka topics, and the view per source that statements read.

The table has the bytes of each event and its time (`~time`, UTC; NULL where the event tells none).
The view has a column for each declared field, named as the rules write it: an array of the text
forms that the field has, NULL where it is missing. Beside these it has what `OWN` names; bytes that
are no event are no row of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from tocsin.canonical import canonical_bytes
from tocsin.model.source import Source
from tocsin.sql.correlation.engine import TIME, has_time
from tocsin.sql.tree import Sql, func, ident, name, quoted, table
from tocsin_flink_sql.sql.dialect import Metadata, printed
from tocsin_flink_sql.sql.event_time import ON_EVENT, event_time, no_time
from tocsin_flink_sql.sql.functions import EVENT_ID, FIELD, REFUSAL

MATCHES = "tocsin_matches"
MATCHES_TOPIC = "tocsin.matches"
EVENT, PARTITION, OFFSET, ID = "~event", "~partition", "~offset", "~id"
OWN = (EVENT, PARTITION, OFFSET, TIME, ID)
"""Columns of a view that are no fields; `names_of` keeps fields apart from them."""
MATCH_COLUMNS: Mapping[str, str] = {
    "detection_id": "TEXT",
    "logic": "TEXT",
    "source": "TEXT",
    "partition": "INT",
    "offset": "BIGINT",
    "event_time": "TEXT",
    "event_id": "TEXT",
}
"""Types of the columns of a match; `event_time` is ISO 8601 in UTC with milliseconds."""

MORE_COLUMNS: Mapping[str, str] = {
    "group": "ARRAY<TEXT>",
    "event": "TEXT",
    "event_ids": "ARRAY<TEXT>",
    "event_count": "BIGINT",
    "events": "ARRAY<TEXT>",
    "reason": "TEXT",
}
"""Of a correlation: the keys of the group, in order; the completing event; the newest events of the
window in order of time and id, how many there are in all, and the texts of the newest of these.
With a reason the row is no match, but an event that matches a base rule and does not count."""
RESULT_COLUMNS: Mapping[str, str] = {**MATCH_COLUMNS, **MORE_COLUMNS}


@dataclass(frozen=True, slots=True)
class TopicLocation:
    """Where a topic is. `bounded`: read what is there now, then end."""

    servers: str = "localhost:9092"
    topic: str = ""
    bounded: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def topic_table(source: Source) -> str:
    """Name of the table over the source's topic."""
    return f"{source.table or source.name}_topic"


def source_table(source: Source, place: TopicLocation) -> str:
    """CREATE TABLE over the source's topic: bytes, with event time and watermark."""
    options = {
        "scan.startup.mode": "earliest-offset",
        **({"scan.bounded.mode": "latest-offset"} if place.bounded else {}),
        **source_options(source),
    }
    return create_table(topic_table(source), source_columns(source), place, options)


def source_columns(source: Source) -> list[Sql]:
    """The columns of the table over a source's topic."""
    if not has_time(source):
        return event_columns()
    return [*event_columns(), *event_time(source, ident(EVENT), _place(source, source.time_field))]


def event_columns() -> list[Sql]:
    """The bytes of an event, and where it is."""
    return [
        plain_column(EVENT, exp.DataType.build("BYTES", udt=True)),
        metadata_column(PARTITION, "partition", "INT"),
        metadata_column(OFFSET, "offset", "BIGINT"),
    ]


def source_options(source: Source) -> dict[str, str]:
    """How a source's topic is read, wherever from."""
    return {"format": "raw", **(ON_EVENT if has_time(source) else {})}


def matches_table(place: TopicLocation) -> str:
    """CREATE TABLE over the topic of matches."""
    return table_over(MATCHES, RESULT_COLUMNS, place)


def table_over(key: str, kinds: Mapping[str, str], place: TopicLocation) -> str:
    """CREATE TABLE over a topic of JSON, with columns of these types."""
    columns = [plain_column(column, exp.DataType.build(kind)) for column, kind in kinds.items()]
    return create_table(key, columns, place, {})


def view(source: Source) -> str:
    """CREATE VIEW of the declared fields."""
    names = names_of(source)
    fields = [
        exp.alias_(func(FIELD, ident(EVENT), *_place(source, c.name)), names[c.name], quoted=True)
        for c in source.columns
    ]
    time = ident(TIME) if has_time(source) else exp.alias_(no_time(), TIME, quoted=True)
    own = [ident(EVENT), ident(PARTITION), ident(OFFSET), time, _id(source)]
    query = exp.select(*fields, *own).from_(table(topic_table(source)))
    is_event = exp.Is(this=func(REFUSAL, ident(EVENT)), expression=exp.null())
    target = table(source.table or source.name)
    return _temporary(exp.Create(this=target, kind="VIEW", expression=query.where(is_event)))


# --- columns --------------------------------------------------------------------------------------


def names_of(source: Source) -> dict[str, str]:
    """The view's column for each field; one that begins like ours gets another `~`."""
    return {c.name: f"~{c.name}" if c.name.startswith("~") else c.name for c in source.columns}


def _place(source: Source, field: str) -> list[Sql]:
    """A field's name in events, with its path where that is not simply the name."""
    path = source.renamed.get(field)
    return [quoted(field), *([quoted(_json(path))] if path else [])]


def _id(source: Source) -> Sql:
    """What identifies an event."""
    paths = source.renamed
    fields = [[field, paths[field]] if field in paths else field for field in source.id_fields]
    return exp.alias_(func(EVENT_ID, ident(EVENT), quoted(_json(fields))), ID, quoted=True)


def _json(value: object) -> str:
    return canonical_bytes(value).decode()


def plain_column(key: str, kind: exp.DataType) -> exp.ColumnDef:
    """A column that the format fills."""
    return exp.ColumnDef(this=name(key), kind=kind)


def metadata_column(key: str, source: str, kind: str, *, written: bool = False) -> exp.ColumnDef:
    """A column that the connector fills, or that tells it what to do if it is `written`."""
    constraint = exp.ColumnConstraint(kind=Metadata(this=quoted(source), written=written))
    return exp.ColumnDef(this=name(key), kind=exp.DataType.build(kind), constraints=[constraint])


# --- tables ---------------------------------------------------------------------------------------


def create_table(
    key: str, columns: Sequence[Sql], place: TopicLocation, more: Mapping[str, str]
) -> str:
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
