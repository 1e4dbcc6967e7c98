"""Source files and log sources: which events a rule looks at, and which fields they have."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tocsin import gate
from tocsin.diagnostics import Diagnostic, Span, near
from tocsin.front.block import Duration, findings
from tocsin.front.selection import Lowering
from tocsin.front.source_names import unsafe_names
from tocsin.front.yaml import YamlDocument, read_bytes, read_file, unread
from tocsin.ir.nodes import Expr
from tocsin.model.source import Column, FieldType, LogSource, Served, Source, TimeUnit


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldBlock(_Strict):
    """A field: its type, and where in the event it stands if not at its own name."""

    type: FieldType
    from_: str | list[str] = Field("", alias="from")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    def column(self, name: str) -> Column:
        """The column of this name."""
        given = self.from_ or name
        return Column(name, self.type, tuple(given.split(".") if isinstance(given, str) else given))


class ServesBlock(_Strict):
    """A log source and the selection of its events."""

    product: str = ""
    category: str = ""
    service: str = ""
    where: dict[str, Any] = Field(default_factory=dict)

    def served(self) -> Served:
        """The plain form."""
        return Served(LogSource(self.product, self.category, self.service), self.where)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


FieldNames = Annotated[list[str], BeforeValidator(_listed)]
"""One name of a field, or several."""


class TimeBlock(_Strict):
    """The field of event time, its unit where it is a number, and how late an event may be."""

    field: str
    unit: Literal["s", "ms", "us", "ns"] | None = None
    lateness: Annotated[Duration, Field(ge=0)] = 0


class SourceBlock(_Strict):
    """A source file."""

    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    description: str = ""
    logsources: Annotated[list[ServesBlock], Field(min_length=1, max_length=1000)]
    where: dict[str, Any] = Field(default_factory=dict)
    topic: str = ""
    table: str = ""
    time: TimeBlock
    id: FieldNames = Field(default_factory=list)
    values: str = ""
    fields: Annotated[dict[str, FieldBlock], Field(min_length=1)]

    def build(self) -> Source:
        """The source that the file declares."""
        return Source(
            name=self.source,
            columns=tuple(block.column(name) for name, block in self.fields.items()),
            serves=tuple(block.served() for block in self.logsources),
            where=self.where,
            title=self.title,
            description=self.description,
            topic=self.topic or self.source.replace("_", "."),
            table=self.table or self.source,
            time_field=self.time.field,
            time_unit=TimeUnit(self.time.unit or ""),
            lateness_ms=self.time.lateness,
            id_fields=tuple(self.id),
            values_column=self.values,
        )


def read_source(path: Path) -> tuple[Source | None, list[Diagnostic]]:
    """The source of a file, or all that is wrong with it."""
    documents, wrong = read_file(path)
    if wrong or not documents:
        empty = Diagnostic("TOC006", "the file is empty", Span(str(path)))
        return None, wrong or [empty]
    document = documents[0]
    try:
        source = SourceBlock.model_validate(document.value).build()
    except ValidationError as error:
        return None, findings(error, document, (), "TOC060", SourceBlock)
    wrong = [*_where(document, source)]
    return (None if wrong else source), wrong


def _where(document: YamlDocument, source: Source) -> Iterable[Diagnostic]:
    if unsafe := [*unsafe_names(document, source)]:
        yield from unsafe
        return
    yield from _named(document, source)
    lowering = Lowering(document, ("where",))
    if source.where:
        lowering.selection(source.where, ("where",))
    for n, served in enumerate(source.serves):
        if served.where:
            lowering.selection(served.where, ("logsources", n, "where"))
    yield from lowering.diagnostics


def _named(document: YamlDocument, source: Source) -> Iterable[Diagnostic]:
    """Fields that the source itself names must be declared; that of all values as an array."""
    named: list[tuple[str, tuple[str, ...]]] = [
        (source.time_field, ("time", "field")),
        *((field, ("id",)) for field in source.id_fields),
        (source.values_column, ("values",)),
    ]
    for field, place in named:
        if field and source.column(field) is None:
            message = f"the field {field!r} is not declared under `fields`"
            known = [column.name for column in source.columns]
            hint = near(field, known) or f"declare it, with its type: `{field}: string`"
            yield Diagnostic("TOC061", message, document.span(place), hint=hint)
    if (time := source.column(source.time_field)) and (hint := _timeless(time, source.time_unit)):
        message = f"{time.name!r} is of type {time.type}, which holds no time"
        yield Diagnostic("TOC063", message, document.span(("time", "field")), hint=hint)
    values = source.column(source.values_column)
    if values and values.type is not FieldType.STRINGS:
        message = f"the field {values.name!r} under `values` must be of type array<string>"
        yield Diagnostic("TOC060", message, document.span(("values",)))


def _timeless(column: Column, unit: TimeUnit) -> str:
    """What to do about event time in a field whose type tells none; empty if it does."""
    if column.type in (FieldType.MAP, FieldType.BOOLEAN):
        return "name another field"
    if column.type in (FieldType.INTEGER, FieldType.DOUBLE) and unit is TimeUnit.TEXT:
        return "if it counts from 1970, give the unit: `unit: s`, `ms`, `us` or `ns`"
    return ""


def read_sources(folder: Path) -> tuple[dict[str, Source], list[Diagnostic]]:
    """All sources of a folder by name, and all that is wrong with them."""
    found: dict[str, Source] = {}
    wrong: list[Diagnostic] = []
    paths, refused = gate.files(folder, (".yml", ".yaml"), deep=False)
    wrong += map(unread, refused)
    for path in paths:
        source, problems = read_source(path)
        wrong += problems
        if source and source.name in found:
            message = f"the source {source.name} is declared twice"
            wrong.append(Diagnostic("TOC040", message, Span(str(path))))
        elif source:
            found[source.name] = source
    return found, wrong


def select(where: dict[str, Any]) -> list[Expr]:
    """The condition of a selection map that was checked when it was read."""
    document = YamlDocument("", where)
    return [Lowering(document, ()).selection(where, ())] if where else []


@cache
def known_logsources() -> dict[LogSource, dict[str, Any]]:
    """Selections of well-known log sources, for scans where no source is declared."""
    data = files("tocsin.front").joinpath("logsources.yml").read_bytes()
    documents, _ = read_bytes(data, "logsources.yml")
    blocks = [ServesBlock.model_validate(item) for item in documents[0].value]
    return {block.served().logsource: block.where for block in blocks}
