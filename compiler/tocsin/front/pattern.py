"""Texts of rules to patterns: wildcards, escapes, normal form."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.ir.nodes import Pattern, TextPart, Wild
from tocsin.ir.text import fold

_TOKEN = re.compile(r"\\([*?\\])|([*?])")


def parse_pattern(text: str) -> Pattern:
    r"""`*` and `?` are wildcards; a backslash escapes only these two and itself."""
    parts: list[TextPart] = []
    at = 0
    for found in _TOKEN.finditer(text):
        parts.append(text[at : found.start()])
        parts.append(found[1] or Wild(found[2]))
        at = found.end()
    parts.append(text[at:])
    return normal(parts)


def normal(parts: Iterable[TextPart]) -> Pattern:
    """Literals joined, a run of wildcards as its `?` followed by at most one `*`."""
    out: list[TextPart] = []
    many = False
    for part in parts:
        if part is Wild.MANY:
            many = True
        elif part is Wild.ONE:
            out.append(part)
        elif part:
            if many:
                out.append(Wild.MANY)
                many = False
            if out and isinstance(out[-1], str):
                out[-1] += part
            else:
                out.append(part)
    return (*out, Wild.MANY) if many else tuple(out)


def folded(pattern: Pattern) -> Pattern:
    """The pattern with its literals folded."""
    return tuple(fold(part) if isinstance(part, str) else part for part in pattern)


def literal(pattern: Pattern) -> str | None:
    """The text of a pattern without wildcards, else None."""
    if any(isinstance(part, Wild) for part in pattern):
        return None
    return "".join(part for part in pattern if isinstance(part, str))
