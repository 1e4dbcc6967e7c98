"""The fields that a correlation takes from its rules' events."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.diagnostics import Diagnostic, Span, near
from tocsin.front.correlation import CorrelationRule
from tocsin.ir.correlation import CorrelationType, Ref
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.detection import Detection
from tocsin.model.source import Column, FieldType, Source

_NUMERIC = {FieldType.STRING, FieldType.STRINGS, FieldType.INTEGER, FieldType.DOUBLE}
_NO_NUMBERS = {CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT}


def check_fields(rule: CorrelationRule, query: CorrelationQuery) -> Iterator[Diagnostic]:
    """Fields that a source does not have or whose type has no use.

    A base that is a correlation itself has the fields that all its event queries have.
    """
    correlation = query.correlation
    found: dict[tuple[Span, str], Diagnostic] = {}
    for key, refs in (("group-by", correlation.group_by), ("field", correlation.values)):
        for number, ref in enumerate(refs):
            for each in _of_ref(rule, query, key, number, ref):
                found.setdefault((each.span, each.message), each)
    yield from found.values()


def _of_ref(
    rule: CorrelationRule, query: CorrelationQuery, key: str, number: int, ref: Ref
) -> Iterator[Diagnostic]:
    used = ("group-by",) if key == "group-by" else ("condition", "field")
    for position, (base, name) in enumerate(zip(query.bases, ref.fields, strict=True)):
        alias = _alias(rule, ref.name, (rule.rules[position], base.detection))
        span = rule.span("aliases", ref.name, alias) if alias else rule.span(*used, number)
        for source in _sources(base):
            column = source.column(name)
            if column is None:
                close = near(name, [column.name for column in source.columns])
                hint = f"did you mean {close!r}?" if close else _elsewhere(name, base)
                message = f"the source {source.name} has no field {name!r}"
                yield Diagnostic("TOC047", message, span, hint=hint)
            elif clash := _clash(rule, key, column):
                message = f"{name} is of type {column.type.value}: {clash}"
                yield Diagnostic("TOC048", message, span)


def _alias(rule: CorrelationRule, name: str, base: tuple[str, Detection]) -> str:
    """The key by which an alias names a base, or nothing where it leaves the base out."""
    written, detection = base
    called = {written, detection.id, detection.name}
    return next((key for key in rule.aliases.get(name, {}) if key in called), "")


def _sources(base: Resolved) -> list[Source]:
    events = base.events if isinstance(base, CorrelationQuery) else (base,)
    return list({query.source.name: query.source for query in events}.values())


def _elsewhere(name: str, base: Resolved) -> str:
    if isinstance(base, CorrelationQuery):
        if name in {ref.name for ref in base.correlation.group_by}:
            return f"{name} is known to {base.detection.key} only: add an alias here"
        return f"an alert of {base.detection.key} has the fields of its last event"
    return "declare it in the source's file, or add an alias"


def _clash(rule: CorrelationRule, key: str, column: Column) -> str:
    if column.type is FieldType.MAP:
        return "a map has no value to compare"
    numeric = key == "field" and rule.type not in _NO_NUMBERS
    return "it has no numbers" if numeric and column.type not in _NUMERIC else ""
