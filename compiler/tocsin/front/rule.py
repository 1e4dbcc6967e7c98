"""One document of a rule file: a detection with its logic, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from tocsin.diagnostics import Diagnostic, Severity, Span
from tocsin.front.block import Block, findings, read_cases
from tocsin.front.condition import has_negation
from tocsin.front.item import Placeholders
from tocsin.front.selection import Lowering
from tocsin.front.sigma import ConditionError, metadata_errors, parse_condition
from tocsin.front.yaml import Document, keys_below
from tocsin.ir.nodes import Expr
from tocsin.model.detection import Case, Detection, Meta
from tocsin.model.source import LogSource


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed detection, not yet bound to a source. `expr` is what its events must satisfy.

    `places`: where the log source and each field stand, under `logsource` and the field's name.
    """

    detection: Detection
    expr: Expr
    places: Mapping[str, Span] = field(default_factory=dict, compare=False)

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
    document: Document


Parsed = Rule | Filter | None

_HINTS = {
    "id": "make one with `uuidgen`",
    "level": "informational, low, medium, high or critical",
    "logsource": "for example `logsource: {product: windows, category: process_creation}`",
    "status": "stable, test, experimental, deprecated or unsupported",
    "tags": "for example `tags: [attack.persistence, attack.t1098]`",
    "title": "one line of text",
}


def read_document(
    document: Document, placeholders: Placeholders | None = None
) -> tuple[Parsed, list[Diagnostic]]:
    """A rule or a filter, with every finding; None where it is neither or has errors."""
    value = document.value
    if not isinstance(value, dict):
        hint = "a Sigma rule has title, logsource and detection"
        return None, [Diagnostic("TOC006", "not a map", document.span(), hint=hint)]
    rule_id = value["id"] if isinstance(value.get("id"), str) else ""
    if "correlation" in value:
        span = document.span(("correlation",), key=True)
        message = "correlations are not compiled by this version"
        hint = "keep it outside of the project until then"
        return None, [Diagnostic("TOC090", message, span, hint=hint, rule=rule_id)]
    parsed, found = (_filter if "filter" in value else _rule)(document, value, placeholders)
    failed = any(d.severity is Severity.ERROR for d in found)
    return None if failed else parsed, [d.of_rule(rule_id) for d in found]


def _rule(
    document: Document, value: dict[str, Any], placeholders: Placeholders | None
) -> tuple[Parsed, list[Diagnostic]]:
    wrong = [_metadata(document, value, *error) for error in metadata_errors(value)]
    if "detection" not in value:
        hint = "a map of selections, and a `condition` that names them"
        wrong.append(Diagnostic("TOC020", "no `detection`", document.span(), hint=hint))
        return None, wrong
    lowering = Lowering(document, ("detection",), placeholders)
    expr = lowering.block(value["detection"])
    block, block_wrong = _block(document, value)
    cases, case_wrong = read_cases(block.tests, {}, document, ("tocsin", "tests"))
    wrong += [*lowering.diagnostics, *block_wrong, *case_wrong]
    if any(d.severity is Severity.ERROR for d in wrong):
        return None, wrong
    detection = _detection(document, value, block, tuple(cases))
    return Rule(detection, expr, _places(document)), wrong


def _places(document: Document) -> dict[str, Span]:
    found = {"logsource": document.span(("logsource",), key=True)}
    for name, selection in document.children(("detection",)):
        if name.value not in ("condition", "timeframe"):
            for key in keys_below(selection):
                field_name = str(key.value).split("|")[0]
                found.setdefault(field_name, document.span_of(key))
    return found


def _metadata(
    document: Document, value: dict[str, Any], attribute: str, message: str
) -> Diagnostic:
    path = (attribute,) if attribute in value else ()
    return Diagnostic("TOC010", message, document.span(path), hint=_HINTS.get(attribute, ""))


def _block(document: Document, value: dict[str, Any]) -> tuple[Block, list[Diagnostic]]:
    try:
        return Block.model_validate(value.get("tocsin", {})), []
    except ValidationError as error:
        return Block(), findings(error, document, ("tocsin",), "TOC050", Block)


def _detection(
    document: Document, value: dict[str, Any], block: Block, cases: tuple[Case, ...]
) -> Detection:
    rule_id = str(value.get("id") or "")
    stem = PurePath(document.file).stem
    alert = block.alert.model_dump(mode="json") if block.alert else {}
    return Detection(
        id=rule_id or str(value.get("name") or stem),
        key=str(value.get("name") or stem),
        meta=_meta(value, block),
        logsource=logsource_of(value["logsource"]),
        span=document.span(),
        name=str(value.get("name") or ""),
        source=block.source,
        deploy=dict(block.deploy),
        alert=alert,
        cases=cases,
    )


def _meta(value: dict[str, Any], block: Block) -> Meta:
    texts = ("title", "status", "level", "description", "author", "date", "modified", "license")
    lists = ("tags", "references", "falsepositives", "fields")
    given: dict[str, Any] = {name: str(value.get(name) or "") for name in texts}
    given |= {name: _texts(value.get(name)) for name in lists}
    return Meta(**given, owner=block.owner, controls=tuple(block.controls))


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(map(str, values))


def logsource_of(value: dict[str, Any]) -> LogSource:
    """The triple of a `logsource` map; `definition` and other keys do not count."""
    return LogSource(*(str(value.get(k) or "") for k in ("product", "category", "service")))


def _filter(
    document: Document, value: dict[str, Any], placeholders: Placeholders | None
) -> tuple[Parsed, list[Diagnostic]]:
    body = value["filter"]
    if not isinstance(body, dict):
        span = document.span(("filter",))
        return None, [Diagnostic("TOC020", "the filter must be a map", span)]
    lowering = Lowering(document, ("filter",), placeholders)
    rules = body.get("rules")
    expr = lowering.block({k: v for k, v in body.items() if k != "rules"})
    if not _texts(rules):
        hint = "a list of rule ids or names, or `any`"
        lowering.report("TOC041", "the filter names no rules", ("filter",), hint, key=True)
    source = value.get("logsource")
    logsource = logsource_of(source) if isinstance(source, dict) else LogSource()
    wrong = [*lowering.diagnostics, *_unnegated(document, body)]
    found = Filter(str(value.get("id") or ""), _texts(rules), logsource, expr, document)
    return found, wrong


def _unnegated(document: Document, body: dict[str, Any]) -> list[Diagnostic]:
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
