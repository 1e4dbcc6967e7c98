"""A correlation document: what it says, and all that is wrong with it by itself.

Its rules are still names here; `front/relate.py` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.diagnostics import Diagnostic, Severity, Span, near
from tocsin.front.block import milliseconds
from tocsin.front.bounds import ORDERS, Condition, read_condition
from tocsin.front.describe import describe
from tocsin.front.presence import named_in
from tocsin.front.section import Section
from tocsin.front.sigma import ConditionError, parse_condition
from tocsin.front.yaml import Path_, YamlDocument
from tocsin.ir.correlation import Bound, CorrelationType
from tocsin.model.detection import Detection
from tocsin.model.names import canonical_id
from tocsin.model.source import LogSource

WHERE = "correlation"
MOST = 200
"""How many rules a correlation may combine, those of its bases' bases counted each time."""
KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
_MEANT = {
    "groupby": "group-by",
    "group_by": "group-by",
    "timeframe": "timespan",
    "window": "timespan",
    "rule": "rules",
    "alias": "aliases",
}
_TYPES = tuple(kind.value for kind in CorrelationType)
_TYPE_MEANT = {
    "count": "event_count",
    "distinct_count": "value_count",
    "near": "temporal",
    "ordered": "temporal_ordered",
    "ordered_temporal": "temporal_ordered",
    "sequence": "temporal_ordered",
    "temporal_extended": "temporal",
    "temporal_ordered_extended": "temporal",
    "value_average": "value_avg",
    "value_mean": "value_avg",
}
_TIMESPAN = re.compile(r"[0-9]{1,12}[smhdw]")


@dataclass(frozen=True, slots=True)
class CorrelationRule:
    """A parsed correlation; `rules` are names or ids, and so are the keys below `aliases`.

    `condition` is the text over rules of a temporal one, if it has such; `generate`: its rules
    raise alerts of their own as well.
    """

    detection: Detection
    type: CorrelationType
    rules: tuple[str, ...]
    timespan_ms: int
    group_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    percentile: str = ""
    condition: str = ""
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    generate: bool = False
    document: YamlDocument = field(
        compare=False, repr=False, default_factory=lambda: YamlDocument("", None)
    )

    def span(self, *path: str | int, key: bool = False) -> Span:
        """The place of the value at a path below `correlation`, or of the nearest above it."""
        return self.document.span((WHERE, *path), key=key)


def read_correlation(
    document: YamlDocument, value: dict[str, Any], slug: str | None = None
) -> tuple[CorrelationRule | None, list[Diagnostic]]:
    """A correlation with every finding; None where its map has none of the shape it needs."""
    detection, wrong = _described(document, value, slug)
    given = value[WHERE]
    if not isinstance(given, dict):
        hint = f"a map with {', '.join(KEYS[:4])} …"
        span = document.span((WHERE,))
        return None, [
            *wrong,
            Diagnostic("TOC091", "the correlation must be a map", span, hint=hint),
        ]
    section = Section(document, (WHERE,), given)
    section.only(KEYS, "TOC091", _MEANT)
    found = _read(section, detection, generate=_generate(section, value))
    return found, [*wrong, *section.diagnostics]


def _read(section: Section, detection: Detection, *, generate: bool) -> CorrelationRule | None:
    kind = _type(section)
    rules = _rules(section, kind)
    group_by = section.texts("group-by", "TOC091")
    timespan = _timespan(section)
    condition, text = _condition(section, kind, len(rules))
    aliases = _aliases(section)
    _unused(section, aliases, {*group_by, *condition.fields})
    if kind is None:
        return None
    return CorrelationRule(
        detection,
        kind,
        rules,
        timespan,
        group_by,
        condition.fields,
        condition.bounds,
        condition.percentile,
        text,
        aliases,
        generate,
        section.document,
    )


def _described(
    document: YamlDocument, value: dict[str, Any], slug: str | None
) -> tuple[Detection, list[Diagnostic]]:
    """Metadata as of a rule; a correlation has no log source and no detection of its own."""
    wrong: list[Diagnostic] = []
    if "detection" in value:
        hint = "move the detection to a document of its own, and name it in `rules`"
        span = document.span(("detection",), key=True)
        message = "a document has a detection or a correlation, not both"
        wrong.append(Diagnostic("TOC091", message, span, hint=hint))
    if "logsource" in value:
        hint = "the log sources are those of its rules"
        span = document.span(("logsource",), key=True)
        message = "`logsource` has no effect on a correlation"
        wrong.append(Diagnostic("TOC099", message, span, Severity.WARNING, hint))
    plain = {**value, "logsource": {"category": WHERE}}
    if isinstance(value.get("falsepositives"), str):  # Sigma's schema allows it here alone
        plain["falsepositives"] = [value["falsepositives"]]
    detection, found = describe(document, plain, slug)
    if detection.source:
        hint = "the sources are those of its rules"
        span = document.span(("tocsin", "source"), key=True)
        wrong.append(Diagnostic("TOC050", "a correlation has no `tocsin.source`", span, hint=hint))
    return replace(detection, logsource=LogSource()), [*wrong, *found]


def _missing(section: Section, name: str, hint: str, code: str) -> None:
    section.report(code, f"the correlation has no `{name}`", hint=hint, key=True)


def _type(section: Section) -> CorrelationType | None:
    given = section.value.get("type")
    if given is None:
        _missing(section, "type", f"one of {', '.join(_TYPES)}", "TOC092")
    elif not isinstance(given, str) or given not in _TYPES:
        close = _TYPE_MEANT.get(str(given)) or near(str(given).lower(), _TYPES)
        hint = f"did you mean {close!r}?" if close else f"one of {', '.join(_TYPES)}"
        section.report("TOC092", f"unknown type of correlation {given!r}", ("type",), hint)
    else:
        return CorrelationType(given)
    return None


def _rules(section: Section, kind: CorrelationType | None) -> tuple[str, ...]:
    """The rules as listed; without a list those that the condition of a temporal one names."""
    if "rules" in section.value:
        found = tuple(map(canonical_id, section.texts("rules", "TOC093")))
        if len(found) > MOST:
            section.report("TOC093", f"{len(found)} rules; at most {MOST} are allowed", ("rules",))
            return ()
        if section.value["rules"] == []:
            section.report(
                "TOC093", "`rules` is an empty list", ("rules",), "list names or ids of rules"
            )
        return found
    condition = section.value.get("condition")
    if kind in ORDERS and isinstance(condition, str):
        try:
            named = list(named_in(parse_condition(condition)))
        except ConditionError:
            return ()  # reported where the condition is read
        if not any(pattern for _, pattern in named):
            return tuple(dict.fromkeys(canonical_id(name) for name, _ in named))
    _missing(section, "rules", "list names or ids of rules", "TOC093")
    return ()


def _timespan(section: Section) -> int:
    given = section.value.get("timespan")
    if "timespan" not in section.value:
        _missing(section, "timespan", "for example `timespan: 10m`", "TOC095")
        return 0
    if not isinstance(given, str) or not _TIMESPAN.fullmatch(given):
        message = f"not a timespan: {given}"
        section.report("TOC095", message, ("timespan",), _timespan_hint(given))
        return 0
    try:
        duration = milliseconds(given)
    except ValueError as error:
        section.report("TOC095", f"{given}: {error}", ("timespan",))
        return 0
    if not duration:
        section.report("TOC095", "the timespan must not be zero", ("timespan",), "for example 10m")
    return duration


def _timespan_hint(given: Any) -> str:
    text = str(given)
    if re.fullmatch(r"[0-9]+[My]", text):
        unit = "month" if text.endswith("M") else "year"
        return f"a {unit} has no fixed length: use days, such as 30d or 365d"
    if re.fullmatch(r"([0-9]+[smhdw]){2,}", text):
        return "use one number and one unit: 90m for an hour and a half"
    return "write an integer and a unit (s, m, h, d or w), such as 10m"


def _condition(section: Section, kind: CorrelationType | None, rules: int) -> tuple[Condition, str]:
    """The bounds, or the text over rules that a temporal correlation may have instead."""
    at = ("condition",)
    given = section.value.get("condition")
    if kind is None:
        return Condition(), ""
    if "condition" not in section.value:
        if kind not in ORDERS:
            hint = "for example `condition: {gte: 5}`"
            section.report("TOC096", f"{kind.value} needs a `condition`", hint=hint, key=True)
        return Condition(), ""
    if isinstance(given, str) and kind in ORDERS:
        _parsed(section, given, at)
        return Condition(), given
    if not isinstance(given, dict):
        hint = "for example `condition: {gte: 5}`"
        if isinstance(given, str):
            hint = "only temporal and temporal_ordered take a condition on names of rules"
        section.report("TOC096", f"the condition of {kind.value} must be a map", at, hint)
        return Condition(), ""
    below = Section(section.document, (*section.path, *at), given)
    condition = read_condition(below, kind, rules)
    section.diagnostics += below.diagnostics
    return condition, ""


def _parsed(section: Section, text: str, at: Path_) -> None:
    try:
        parse_condition(text)
    except ConditionError as error:
        section.report("TOC096", str(error), at, error.hint, offset=error.offset)


def _aliases(section: Section) -> dict[str, dict[str, str]]:
    given = section.value.get("aliases", {})
    shape = "`aliases: {ip: {rule_one: source.ip, rule_two: destination.ip}}`"
    if not isinstance(given, dict):
        section.report("TOC098", "`aliases` must be a map", ("aliases",), shape)
        return {}
    found: dict[str, dict[str, str]] = {}
    for name, fields in given.items():
        if not isinstance(fields, dict) or not fields:
            message = f"the alias {name!r} must be a map from rules to fields"
            section.report("TOC098", message, ("aliases", name), shape)
            continue
        for rule, meant in fields.items():
            if not isinstance(meant, str) or not meant:
                section.report(
                    "TOC098", "the name of a field must be text", ("aliases", name, rule), shape
                )
            else:
                found.setdefault(name, {})[canonical_id(rule)] = meant
    return found


def _unused(section: Section, aliases: Mapping[str, Any], used: set[str]) -> None:
    for name in aliases:
        if name not in used:
            message = f"nothing uses the alias {name!r}"
            section.report("TOC099", message, ("aliases", name), "name it in `group-by` or `field`",
                           key=True, severity=Severity.WARNING)  # fmt: skip


def _generate(section: Section, value: Mapping[str, Any]) -> bool:
    """Whether its rules alert as well; said at the top of the document or in the correlation."""
    places = ((section.value, (*section.path, "generate")), (value, ("generate",)))
    said = [(given["generate"], path) for given, path in places if "generate" in given]
    for each, path in said:
        if not isinstance(each, bool):
            span = section.document.span(path)
            message = "`generate` must be true or false"
            section.diagnostics.append(Diagnostic("TOC091", message, span))
    if len({str(each) for each, _ in said}) > 1:
        section.report(
            "TOC091", "`generate` has two different values", ("generate",), "keep one of the two"
        )
    return any(each is True for each, _ in said)
