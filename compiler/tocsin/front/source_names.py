"""Names in a source file that reach brokers, engines and SQL: safe ones only."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic
from tocsin.front.yaml import YamlDocument
from tocsin.model.names import field_fault, key_fault, table_fault, topic_fault
from tocsin.model.source import Source

_CODE = "TOC062"


def unsafe_names(document: YamlDocument, source: Source) -> Iterator[Diagnostic]:
    """One finding a name of a topic, a table or a field that cannot be taken."""
    written = document.value
    for key, name, fault in (
        ("topic", source.topic, topic_fault(source.topic)),
        ("table", source.table, table_fault(source.table)),
    ):
        if fault:
            span = document.span((key if written.get(key) else "source",))
            hint = "choose another name"
            yield Diagnostic(_CODE, f"the {key} {name!r}: {fault}", span, hint=hint)
    for column in source.columns:
        place = ("fields", column.name)
        if fault := field_fault(column.name):
            span = document.span(place, key=True)
            hint = "give the field another name, and its place in events with `from`"
            yield Diagnostic(_CODE, f"the field {column.name!r}: {fault}", span, hint=hint)
        elif fault := next(filter(None, map(key_fault, column.path)), ""):
            span = document.span((*place, "from"))
            yield Diagnostic(_CODE, f"`from` of the field {column.name!r}: {fault}", span)
