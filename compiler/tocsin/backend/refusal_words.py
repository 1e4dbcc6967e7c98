"""Why a backend refuses a detection, in words: codes are for programs."""

from __future__ import annotations

_NODES = {
    "Cidr": "networks",
    "Compare": "comparisons of numbers",
    "Correlation": "correlations",
    "FieldRef": "comparisons of two fields",
    "IsNull": "tests for null",
    "Keyword": "keywords",
    "Leaf": "tests of fields",
    "Regex": "regular expressions",
    "Text": "patterns of text",
    "TimePart": "parts of times",
}
_REASONS = {
    "backtracks": "its engine could take very long for this regular expression",
    "invalid": "its engine does not take this regular expression",
    "lone-surrogate": "its engine cannot hold a text with half a surrogate pair",
    "name-with-variable": "its engine would replace `${` in a name",
    "never": "it cannot evaluate {node}",
    "no-event-time": "the source declares no event time",
    "no-values-column": "keywords need a source with a column of all values",
    "notimpl": "it does not implement {node}",
    "notyet": "its engine cannot evaluate {node} exactly yet",
    "number-out-of-range": "its engine does not keep all digits of the number",
    "re2-syntax": "its engine searches this regular expression in another way than RE2",
    "text-of-double": "its engine writes doubles as text in its own way",
    "too-deep": "the condition is nested too deeply",
    "undeclared": "it does not declare {node}",
    "unknown-field": "the source does not declare the field",
}
_HINTS = {
    "no-event-time": "declare `time` in the source",
    "no-values-column": "name that column in the source: `values`, see docs/writing-detections.md",
    "unknown-field": "declare it under `fields` of the source",
}


def words(node: str, reason: str, detail: str) -> str:
    """What does not fit, and on what; a backend of others has reasons of its own."""
    told = _REASONS.get(reason, f"{node} {reason}").replace("{node}", _NODES.get(node, node))
    return f"{told}: {detail}" if detail else told


def remedy(backend: str, node: str, reason: str) -> str:
    """What to do about it."""
    if node == "Correlation" and reason not in _HINTS:
        return "an environment's `correlations = NAME` sends them to another backend"
    return _HINTS.get(reason, f"docs/support-matrix.md lists what {backend} can do")
