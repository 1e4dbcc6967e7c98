"""What the YAML parser complains of, with a hint at the cure."""

from __future__ import annotations

import yaml

from tocsin.diagnostics import Diagnostic, Span

_SPECIAL = "did not find expected alphabetic or numeric character"
_CLOSING = {"did not find expected ',' or ']'": "]", "did not find expected ',' or '}'": "}"}
_OPEN = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSE = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
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
    _SPECIAL: (
        "`*` and `&` have a meaning of their own in YAML",
        "quote text that begins with * or &",
    ),
    "did not find expected node content": (
        "a value cannot begin like this",
        "quote text that begins with a bracket, a comma or another character of YAML",
    ),
    "did not find expected key": _INDENT,
    "did not find expected '-' indicator": _INDENT,
}
"""What the parser says, in plain words with a hint."""


def syntax_error(error: yaml.YAMLError, text: str, name: str) -> Diagnostic:
    """The finding at the place where the parser stopped."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        if error.problem == _SPECIAL:
            mark = error.context_mark or mark  # the character itself, not the one after it
        message, hint = _plain(error)
        if found := _bracket(error, text):
            mark, message, hint = found
        span = Span(name, mark.line + 1, mark.column + 1) if mark else Span(name)
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
    return problem.replace("did not find expected", "expected"), ""


def _bracket(error: yaml.MarkedYAMLError, text: str) -> tuple[yaml.Mark, str, str] | None:
    """Where a bracket was opened that is never closed, or where a comma is missing in it."""
    opened, at = error.context_mark, error.problem_mark
    if error.problem not in _CLOSING or opened is None or at is None:
        return None
    bracket, closing = text[opened.index], _CLOSING[error.problem]
    if text[at.index : at.index + 1] in _CLOSING.values():
        return at, f"`{bracket}` is closed with `{text[at.index]}`", f"close it with `{closing}`"
    if _is_closed(text, opened.index):
        return (
            at,
            f"a comma or `{closing}` is missing before this",
            "put one between two values",
        )
    hint = f"close it with `{closing}`, or quote the text if it begins with `{bracket}`"
    return opened, f"`{bracket}` is opened here and never closed", hint


def _is_closed(text: str, opened: int) -> bool:
    """Whether the bracket at this place has its end further on, as the scanner sees it."""
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if token.start_mark.index >= opened:
                depth += isinstance(token, _OPEN) - isinstance(token, _CLOSE)
                if depth == 0 and isinstance(token, _CLOSE):
                    return True
    except yaml.YAMLError:
        return False
    return False
