"""Keys that nothing reads and that look like one that is read.

Sigma lets authors add keys of their own, so that any other key is none of our business.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from tocsin.diagnostics import Diagnostic, Severity, alike
from tocsin.front.yaml import Path_, YamlDocument

TOP = (
    *("action", "author", "correlation", "date", "description", "detection", "falsepositives"),
    *("fields", "filter", "generate", "id", "level", "license", "logsource", "modified", "name"),
    *("references", "related", "scope", "status", "tags", "taxonomy", "title", "tocsin"),
)
LOGSOURCE = ("category", "definition", "product", "service")
LOOKED_AT = 100
"""Keys of one map: authors write few, attackers many."""


def misspelt(document: YamlDocument, value: dict[str, Any]) -> Iterator[Diagnostic]:
    """A finding for each key of a document, or of its log source, that is meant otherwise."""
    yield from _below(document, (), value, TOP)
    logsource = value.get("logsource")
    if isinstance(logsource, dict):
        yield from _below(document, ("logsource",), logsource, LOGSOURCE)


def _below(
    document: YamlDocument, path: Path_, value: dict[str, Any], known: tuple[str, ...]
) -> Iterator[Diagnostic]:
    for key in islice((key for key in value if key not in known), LOOKED_AT):
        close = alike(str(key).lower(), known)
        if close and close not in value:
            span = document.span((*path, key), key=True)
            message = f"nothing reads the key {str(key)!r}"
            hint = f"did you mean {close!r}?"
            yield Diagnostic("TOC099", message, span, Severity.WARNING, hint)
