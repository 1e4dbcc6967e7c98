"""A log source: where its events are, which fields they have, which detections it serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tocsin.canonical import digest_bytes


class FieldType(StrEnum):
    """Types a source may declare for a field."""

    STRING = "string"
    INTEGER = "integer"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    MAP = "map"
    STRINGS = "array<string>"


class TimeUnit(StrEnum):
    """How events write their time: as an ISO 8601 text, or in units since 1970, UTC."""

    TEXT = ""
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"


@dataclass(frozen=True, slots=True)
class Column:
    """One field: its name in rules, its type, and the path to it inside an event."""

    name: str
    type: FieldType
    path: tuple[str, ...]

    @property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """Where it may be: a dotted path may also be one flat key, which takes precedence."""
        flat = (self.name,)
        is_dotted = len(self.path) > 1 and self.name == ".".join(self.path)
        return (flat, self.path) if is_dotted else (self.path,)


@dataclass(frozen=True, slots=True)
class LogSource:
    """Sigma's triple. Empty text means "not given"."""

    product: str = ""
    category: str = ""
    service: str = ""

    def __str__(self) -> str:
        parts = (("product", self.product), ("category", self.category), ("service", self.service))
        return ", ".join(f"{k}={v}" for k, v in parts if v) or "(empty log source)"


@dataclass(frozen=True, slots=True)
class Served:
    """A log source that a source serves; `where` is the selection of its events (plain YAML)."""

    logsource: LogSource
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A declared (or, in a schema-less scan, inferred) source of events.

    `lateness_ms`: how far behind the latest event time seen an event may arrive and still count in
    correlations; None: nothing is ever late (an inferred source has no order of arrival).
    `id_fields`: together they identify an event; without any, its content does.
    `values_column`: name of an array<string> column that holds every scalar of the event, where
    the table has one (inferred sources do); keywords need it on SQL engines.
    `fits`: every value is of its column's type, as in inferred sources; events of a declared one
    may hold anything, whatever it says.
    """

    name: str
    columns: tuple[Column, ...]
    serves: tuple[Served, ...] = ()
    where: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    description: str = ""
    topic: str = ""
    table: str = ""
    time_field: str = ""
    time_unit: TimeUnit = TimeUnit.TEXT
    lateness_ms: int | None = 0
    id_fields: tuple[str, ...] = ()
    values_column: str = ""
    fits: bool = False
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False)
    _exact: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {c.name: c for c in self.columns})
        object.__setattr__(self, "_exact", "")

    def column(self, name: str) -> Column | None:
        """The column a rule means by this name, or None."""
        return self._by_name.get(name)

    @property
    def exact(self) -> str:
        """Identity of all that it says."""
        if not self._exact:
            exact = digest_bytes(repr(self).encode(errors="surrogatepass"))
            object.__setattr__(self, "_exact", exact)
        return self._exact

    @property
    def renamed(self) -> dict[str, tuple[str, ...]]:
        """Paths of the fields whose place in an event is not simply their name."""
        return {c.name: c.path for c in self.columns if c.path != tuple(c.name.split("."))}
