"""A rule bound to its source: fields known, types fitting, events selected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple

from tocsin.diagnostics import Diagnostic, Severity, alike, near
from tocsin.front.routes import Routes
from tocsin.front.rule import Rule
from tocsin.front.sources import known_logsources, select
from tocsin.ir.nodes import Cidr, Compare, Expr, Leaf, Test, TimePart, all_of
from tocsin.ir.query import Query
from tocsin.ir.walk import fields_of, nodes_of
from tocsin.model.source import FieldType, LogSource, Served, Source
from tocsin.plural import plural

_TEXTUAL = {FieldType.STRING, FieldType.STRINGS, FieldType.TIMESTAMP}
_NUMERIC = {FieldType.STRING, FieldType.STRINGS, FieldType.INTEGER, FieldType.DOUBLE}

_UNDECLARED = "declare it in sources/<name>.yml; `tocsin source list` shows what comes with Tocsin"
HINTED = 100
"""Unknown fields of a detection that are named one by one."""


def resolve(rule: Rule, sources: Mapping[str, Source]) -> tuple[Query | None, list[Diagnostic]]:
    """The query of a rule over the declared sources, or why there is none."""
    bound = _bind(rule, sources)
    if isinstance(bound, Diagnostic):
        return None, [bound]
    source, served = bound
    where = all_of([*select(source.where), *select(served.where)])
    wrong = list(_check(rule, all_of([where, rule.expr]), source))
    if any(d.severity is Severity.ERROR for d in wrong):
        return None, wrong
    return Query(rule.detection, source, where, rule.expr), wrong


def resolve_inferred(
    rule: Rule, source: Source, *, ignore_logsource: bool, routes: Routes | None = None
) -> Query:
    """The query of a rule over an inferred source: well-known log sources select their events.

    With routes a log source that is not known has events of its own, too; without, every event.
    """
    wanted = rule.detection.logsource
    if routes is not None and not ignore_logsource:
        return Query(rule.detection, source, routes.where(wanted), rule.expr)
    where = {} if ignore_logsource else known_logsources().get(wanted, {})
    return Query(rule.detection, source, all_of(select(where)), rule.expr)


def _bind(rule: Rule, sources: Mapping[str, Source]) -> tuple[Source, Served] | Diagnostic:
    detection = rule.detection
    serving = [
        (source, served)
        for source in sources.values()
        for served in source.serves
        if served.logsource == detection.logsource and detection.source in ("", source.name)
    ]
    if len(serving) == 1:
        return serving[0]
    place = rule.place("logsource")
    if not serving:
        what = f"no source serves {detection.logsource}"
        hint = _near_logsource(rule, sources) or _UNDECLARED
        return Diagnostic("TOC045", what, place, hint=hint, rule=detection.id)
    names = ", ".join(source.name for source, _ in serving)
    message = f"several sources serve {detection.logsource}: {names}"
    hint = "choose one: `tocsin: {source: NAME}`"
    return Diagnostic("TOC046", message, place, hint=hint, rule=detection.id)


def _near_logsource(rule: Rule, sources: Mapping[str, Source]) -> str:
    """The log source that was meant, where all parts that differ are slips."""
    wanted = rule.detection.logsource
    known = (served.logsource for source in sources.values() for served in source.serves)
    close = next((each for each in known if _slip(wanted, each)), None)
    return f"did you mean {close}?" if close else ""


def _slip(wanted: LogSource, other: LogSource) -> bool:
    pairs = zip(astuple(wanted), astuple(other), strict=True)
    return all(one == two or alike(one, [two]) for one, two in pairs)


def _check(rule: Rule, expr: Expr, source: Source) -> Iterator[Diagnostic]:
    rule_id = rule.detection.id
    unknown = [f for f in sorted(fields_of(expr)) if source.column(f) is None]
    for field in unknown[:HINTED]:
        close = near(field, [c.name for c in source.columns])
        hint = f"did you mean {close!r}?" if close else "declare it in the source's file"
        message = f"the source {source.name} has no field {field!r}"
        yield Diagnostic("TOC047", message, rule.place(field), hint=hint, rule=rule_id)
    if (more := len(unknown) - HINTED) > 0:
        message = f"the source {source.name} lacks {plural(more, 'more field')} of this detection"
        yield Diagnostic("TOC047", message, rule.detection.span, rule=rule_id)
    for node in nodes_of(expr):
        if isinstance(node, Leaf) and (column := source.column(node.field)):
            clash = _clash(node.test, column.type)
            if clash:
                message = f"{node.field} is of type {column.type.value}: {clash}"
                yield Diagnostic("TOC048", message, rule.place(node.field), rule=rule_id)


def _clash(test: Test, kind: FieldType) -> str:
    if kind is FieldType.MAP:
        return "a map has no text; only `null` and `exists` can test it"
    if isinstance(test, Compare) and kind not in _NUMERIC:
        return "it has no numbers to compare"
    if isinstance(test, Cidr | TimePart) and kind not in _TEXTUAL:
        return "it holds no addresses or times"
    return ""
