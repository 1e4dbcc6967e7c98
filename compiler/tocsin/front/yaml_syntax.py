"""What the YAML parser complains of, with a hint at the cure."""

from __future__ import annotations

import yaml

from tocsin.diagnostics import Diagnostic, Span

_INDENT = ("this line does not fit the lines above it", "indent it like the lines it belongs to")
_SAID = {
    "mapping values are not allowed in this context": (
        "a `: ` is not allowed here",
        "quote text that contains `: `, or check the indentation",
    ),
    "found character that cannot start any token": (
        "this character cannot begin a value",
        "quote text that begins with %, @ or `",
    ),
    "found unexpected end of stream": ("a quote is never closed", "close the quote"),
    "found unknown escape character": (
        "unknown escape in double quotes",
        "use single quotes, in which a backslash is a plain character",
    ),
    "found undefined alias": ("the alias is not defined", "quote text that begins with *"),
    "did not find expected alphabetic or numeric character": (
        "`*` and `&` have a meaning of their own in YAML",
        "quote text that begins with * or &",
    ),
    "did not find expected key": _INDENT,
    "did not find expected '-' indicator": _INDENT,
}
"""What the parser says, in plain words with a hint."""


def syntax_error(error: yaml.YAMLError, text: str, name: str) -> Diagnostic:
    """The finding at the place where the parser stopped."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        span = Span(name, mark.line + 1, mark.column + 1) if mark else Span(name)
        message, hint = _plain(error)
        if mark and text[mark.index : mark.index + 1] == "\t":
            hint = "indent with spaces, not with tabs"
        return Diagnostic("TOC002", f"not valid YAML: {message}", span, hint=hint)
    at = getattr(error, "position", 0) or 0
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    reason = getattr(error, "reason", "") or str(error).splitlines()[0]
    hint = "is this a binary file?" if reason.startswith("control characters") else ""
    return Diagnostic("TOC002", f"not valid YAML: {reason}", Span(name, line, column), hint=hint)


def _plain(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    """Message and hint for what the parser complains of."""
    problem = error.problem or error.context or "syntax error"
    if problem in _SAID:
        return _SAID[problem]
    message = problem.replace("did not find expected", "expected")
    if message != problem and error.context_mark:
        return message, f"what begins on line {error.context_mark.line + 1} is not closed"
    return message, ""
