"""The only place that speaks to pySigma: rule metadata and the grammar of conditions.

pySigma parses; meaning is ours. Its classes do not leave this module, which is loaded where there
is something to parse (`tocsin.front.sigma`).
"""

from __future__ import annotations

import re
from typing import Any

from sigma.conditions import (  # noqa: TID251 - the one module that may
    ConditionAND,
    ConditionIdentifier,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
)
from sigma.exceptions import SigmaError  # noqa: TID251
from sigma.rule import SigmaDetections, SigmaRule  # noqa: TID251

from tocsin.front.sigma import Combined, ConditionError, ConditionTree, Name, Quantified

_NO_DETECTIONS = SigmaDetections.from_dict({"any": {"field": "value"}, "condition": "any"})


def parsed(text: str) -> ConditionTree:
    """The tree of a condition; raises ConditionError."""
    try:
        return _tree(SigmaCondition(text, _NO_DETECTIONS).parse(postprocess=False))
    except SigmaError as error:
        raise _located(str(error), text) from None
    except RecursionError:
        raise ConditionError("the condition is nested too deeply") from None


def _located(message: str, text: str) -> ConditionError:
    found = re.search(r"\(at char (\d+)\)", message)
    offset = min(int(found[1]), len(text)) if found else 0
    near = text[offset:].split()
    what = f"unexpected {near[0]!r}" if near else "it ends unexpectedly"
    hint = "it may hold selections, `and`, `or`, `not`, parentheses, `1 of x*`, `all of them`"
    if near and near[0] in ("AND", "OR", "NOT", "OF"):
        hint = f"write operators in lower case: `{near[0].lower()}`"
    return ConditionError(f"not a condition: {what}", offset, hint)


def _tree(node: Any) -> ConditionTree:
    if isinstance(node, ConditionIdentifier):
        return Name(node.identifier)
    if isinstance(node, ConditionSelector):
        return Quantified(node.pattern, every=node.cond_class is ConditionAND)
    operators = {ConditionAND: "and", ConditionOR: "or", ConditionNOT: "not"}
    return Combined(operators[type(node)], tuple(_tree(arg) for arg in node.args))


# pySigma names its errors after attributes, but not always after the key at fault.
_ATTRIBUTE = {"identifier": "id", "tag": "tags", "value": "tags", "type": "name"}


def errors(rule: dict[str, Any]) -> list[tuple[str, str]]:
    """What pySigma finds wrong with everything but the detection: (attribute, message)."""
    stub = {**rule, "detection": {"any": {"field": "value"}, "condition": "any"}}
    wrong: list[tuple[str, str]] = []
    if not isinstance(stub.get("id", ""), str):  # pySigma would stop here, and find nothing else
        del stub["id"]
        wrong.append(("id", "`id` must be a UUID"))
    try:
        found = SigmaRule.from_dict(stub, collect_errors=True).errors
    except SigmaError as error:
        found = [error]
    except (TypeError, ValueError, AttributeError) as error:
        return [*wrong, ("", f"not a Sigma rule: {error}")]
    return wrong + [(attribute := _attribute(error), _words(attribute, error)) for error in found]


def _words(attribute: str, error: SigmaError) -> str:
    """Its message, with the key as people write it."""
    said = str(error).split(" in ")[0]
    said = re.sub(r"^Sigma (?:rule|tags) \w+ (?=must|length|cannot)", f"`{attribute}` ", said)
    said = re.sub(r"^Sigma rule must have a (?:log source|title)", f"no `{attribute}`", said)
    return said.replace(" an UUID", " a UUID").replace("be a string", "be text")


def _attribute(error: SigmaError) -> str:
    stem = type(error).__name__.removeprefix("Sigma").removesuffix("Error").lower()
    return _ATTRIBUTE.get(stem, stem)
