"""One document of a rule file: a rule, a filter or a correlation, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.diagnostics import Diagnostic, Severity, Span
from tocsin.front.budget import Budget
from tocsin.front.condition import has_negation
from tocsin.front.correlation import CorrelationRule, read_correlation
from tocsin.front.describe import describe, logsource_of, texts_of
from tocsin.front.item import Placeholders
from tocsin.front.misspelt import misspelt
from tocsin.front.selection import Lowering
from tocsin.front.sigma import ConditionError, parse_condition
from tocsin.front.yaml import YamlDocument, keys_below
from tocsin.ir.nodes import Expr
from tocsin.model.detection import Detection
from tocsin.model.names import canonical_id
from tocsin.model.source import LogSource


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed detection, not yet bound to a source. `expr` is what its events must satisfy.

    `places`: where the log source and each field stand, under `logsource` and the field's name.
    """

    detection: Detection
    expr: Expr
    places: Mapping[str, Span] = field(default_factory=dict, compare=False)
    made_of: str = field(default="", init=False, compare=False, repr=False)
    """Key of the bytes that it is read from; a rule that is changed afterwards has none."""

    def place(self, name: str) -> Span:
        """Where a field or the log source stands; the whole rule if it is not written out."""
        return self.places.get(name, self.detection.span)


@dataclass(frozen=True, slots=True)
class Filter:
    """A Sigma filter: ANDed with every rule it names (ids or names; `any` is all rules)."""

    id: str
    rules: tuple[str, ...]
    logsource: LogSource
    expr: Expr
    document: YamlDocument


ParsedDocument = Rule | Filter | CorrelationRule | None


def read_document(
    document: YamlDocument,
    placeholders: Placeholders | None = None,
    slug: str | None = None,
    budget: Budget | None = None,
) -> tuple[ParsedDocument, list[Diagnostic]]:
    """A rule, a filter or a correlation, with every finding; None where it has errors.

    `slug`: its key where it has no name; the stem of its file unless said otherwise. `budget`:
    that of the file, where it has other documents.
    """
    value = document.value
    if not isinstance(value, dict):
        hint = "a Sigma rule needs title, logsource and detection"
        return None, [Diagnostic("TOC006", "not a map", document.span(), hint=hint)]
    parsed: ParsedDocument
    if "correlation" in value:
        parsed, found = read_correlation(document, value, slug)
    elif "filter" in value:
        parsed, found = _filter(value, Lowering(document, ("filter",), placeholders, budget))
    else:
        parsed, found = _rule(value, Lowering(document, ("detection",), placeholders, budget), slug)
    found += misspelt(document, value)
    failed = any(d.severity is Severity.ERROR for d in found)
    rule_id = canonical_id(value["id"]) if isinstance(value.get("id"), str) else ""
    return None if failed else parsed, [d.of_rule(rule_id) for d in found]


def _rule(
    value: dict[str, Any], lowering: Lowering, slug: str | None
) -> tuple[Rule | None, list[Diagnostic]]:
    document = lowering.document
    detection, wrong = describe(document, value, slug)
    if "detection" not in value:
        hint = "write a map of selections, and a `condition` that names them"
        wrong.append(Diagnostic("TOC020", "no `detection`", document.span(), hint=hint))
        return None, wrong
    expr = lowering.block(value["detection"])
    return Rule(detection, expr, _places(document)), [*wrong, *lowering.diagnostics]


def _places(document: YamlDocument) -> dict[str, Span]:
    found = {"logsource": document.span(("logsource",), key=True)}
    for name, selection in document.children(("detection",)):
        if name.value not in ("condition", "timeframe"):
            for key in keys_below(selection):
                field_name = str(key.value).split("|")[0]
                found.setdefault(field_name, document.span_of(key))
    return found


def _filter(value: dict[str, Any], lowering: Lowering) -> tuple[Filter | None, list[Diagnostic]]:
    document, body = lowering.document, value["filter"]
    if not isinstance(body, dict):
        span = document.span(("filter",))
        return None, [Diagnostic("TOC020", "the filter must be a map", span)]
    rules = body.get("rules")
    expr = lowering.block({k: v for k, v in body.items() if k != "rules"})
    if not texts_of(rules):
        hint = "list ids or names of rules, or write `any`"
        lowering.report("TOC041", "the filter names no rules", ("filter",), hint, key=True)
    logsource = logsource_of(value.get("logsource"))
    wrong = [*lowering.diagnostics, *_unnegated(document, body)]
    names = tuple(map(canonical_id, texts_of(rules)))
    found = Filter(str(value.get("id") or ""), names, logsource, expr, document)
    return found, wrong


def _unnegated(document: YamlDocument, body: dict[str, Any]) -> list[Diagnostic]:
    condition = body.get("condition")
    try:
        if not isinstance(condition, str) or has_negation(parse_condition(condition)):
            return []
    except ConditionError:
        return []
    span = document.span(("filter", "condition"))
    hint = "a filter is ANDed with the rule: `not selection` excludes what the selection finds"
    message = "the filter's condition has no negation"
    return [Diagnostic("TOC042", message, span, Severity.WARNING, hint)]
