"""The artifact of a correlation in a stream environment: all that its job needs, and what it means.

Neither servers nor positions in topics are part of it, so its bytes are the same everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError
from sqlglot import exp

from tocsin.canonical import canonical_bytes
from tocsin.ir.query import CorrelationQuery
from tocsin.model.source import Source, TimeUnit
from tocsin.release.entry import FORBID_UNKNOWN
from tocsin.sql.tree import quoted, table
from tocsin_flink_sql.sql.correlation import told
from tocsin_flink_sql.sql.dialect import printed
from tocsin_flink_sql.sql.functions import definitions
from tocsin_flink_sql.sql.tables import (
    TopicLocation,
    matches_table,
    source_columns,
    source_options,
    topic_table,
    view,
)
from tocsin_flink_sql.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class Input:
    """A source as the statement reads it: a table over its topic, and the view on that.

    `table` is the name and the columns, `view` a whole statement; the time and its lateness as
    the source has them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    source: str
    topic: str
    time_field: str
    time_unit: TimeUnit
    lateness_ms: int | None
    table: str
    options: Mapping[str, str]
    view: str

    @classmethod
    def of(cls, source: Source) -> Self:
        """How a source is read."""
        schema = exp.Schema(this=table(topic_table(source)), expressions=source_columns(source))
        return cls(
            source=source.name,
            topic=source.topic or source.name,
            time_field=source.time_field,
            time_unit=source.time_unit,
            lateness_ms=source.lateness_ms,
            table=printed(schema),
            options=source_options(source),
            view=view(source),
        )

    def definitions(self, servers: str, reading: Mapping[str, str]) -> tuple[str, str]:
        """CREATE TABLE and CREATE VIEW."""
        own = {
            "connector": "kafka",
            "topic": self.topic,
            "properties.bootstrap.servers": servers,
        }
        options = {**own, **self.options, **reading}
        pairs = [f"{printed(quoted(k))} = {printed(quoted(v))}" for k, v in options.items()]
        return f"CREATE TEMPORARY TABLE {self.table} WITH ({', '.join(pairs)})", self.view


@dataclass(frozen=True, slots=True)
class CorrelationArtifact:
    """A deployed correlation; `insert` writes to the table `tocsin_matches`."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    form: Literal[3]
    detection: str
    logic: str
    inputs: tuple[Input, ...]
    insert: str
    shape: StateSchema

    @classmethod
    def of(cls, query: CorrelationQuery) -> Self:
        """From a query. Raises Unsupported for what Flink cannot say exactly."""
        inputs = tuple(map(Input.of, query.sources))
        insert = told(query)
        return cls(3, query.detection.id, query.logic, inputs, insert, StateSchema.of(query))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that it reads, by the names of their sources."""
        return tuple(each.topic for each in self.inputs)

    def tables(
        self, servers: str, jar: str, reading: Mapping[str, str], writing: Mapping[str, str]
    ) -> list[str]:
        """What a session must execute before the INSERT; `jar` is the URI of the functions' jar.

        `reading` and `writing` are options of the connector that a deployment decides: where to
        start, `scan.startup.mode`, in every source's table; the `topic` of the matches and its
        guarantees.
        """
        made = [text for each in self.inputs for text in each.definitions(servers, reading)]
        return [*definitions(jar), *made, matches_table(TopicLocation(servers, options=writing))]

    def encode(self) -> bytes:
        """Canonical bytes, one line of JSON."""
        return canonical_bytes(_DEPLOYED.dump_python(self, mode="json"))

    @classmethod
    def decode(cls, data: bytes) -> CorrelationArtifact:
        """From an artifact's bytes. Raises ValueError saying what is wrong with them."""
        try:
            return _DEPLOYED.validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "the artifact"
            raise ValueError(f"not an artifact of a correlation: {place}: {first['msg']}") from None


_DEPLOYED = TypeAdapter(CorrelationArtifact)


def inputs_of(data: bytes) -> Mapping[str, str]:
    """The topics that an artifact of any form reads, by source. Raises ValueError for damage."""
    try:
        return {str(each["source"]): str(each["topic"]) for each in json.loads(data)["inputs"]}
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an artifact of a correlation: {error}") from error
