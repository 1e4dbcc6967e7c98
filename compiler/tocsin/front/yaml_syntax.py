"""What the YAML parser complains of, with a hint at the cure."""

from __future__ import annotations

import yaml

from tocsin.diagnostics import Diagnostic, Span

_HINTS = {
    "mapping values are not allowed in this context": "quote a text that holds `: `",
    "found character that cannot start any token": "quote a text that begins with %, @ or `",
    "found unexpected end of stream": "a quote is not closed",
    "found unknown escape character": "in single quotes a backslash is a plain character",
    "found undefined alias": "quote a text that begins with *",
}


def syntax_error(error: yaml.YAMLError, text: str, name: str) -> Diagnostic:
    """The finding at the place where the parser stopped."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        span = Span(name, mark.line + 1, mark.column + 1) if mark else Span(name)
        message = error.problem or error.context or "syntax error"
        hint = _HINTS.get(message, "")
        if message.startswith("did not find expected alphabetic or numeric"):
            hint = "quote a text that begins with * or &"
        elif message.startswith(("did not find expected key", "did not find expected '-'")):
            hint = "its indentation fits no line above"
        elif message.startswith("did not find expected") and error.context_mark:
            hint = f"what begins in line {error.context_mark.line + 1} is not closed before here"
        elif mark and text[mark.index : mark.index + 1] == "\t":
            hint = "indent with spaces, not with tabs"
        return Diagnostic("TOC002", f"not valid YAML: {message}", span, hint=hint)
    at = getattr(error, "position", 0) or 0
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    reason = getattr(error, "reason", "") or str(error).splitlines()[0]
    hint = "is this a binary file?" if reason.startswith("control characters") else ""
    return Diagnostic("TOC002", f"not valid YAML: {reason}", Span(name, line, column), hint=hint)
