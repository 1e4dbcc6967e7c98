"""A finding about a user's file: stable code, place, message and hint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: errors stop, warnings and infos do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: 1-based line and column of its first character."""

    file: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is `TOC###`; `rule` is the Sigma id where one is known."""

    code: str
    message: str
    span: Span
    severity: Severity = Severity.ERROR
    hint: str = ""
    rule: str = ""

    @property
    def sort_key(self) -> tuple[Span, str, str]:
        """Place first, so that output reads along the file."""
        return (self.span, self.code, self.message)

    def of_rule(self, rule: str) -> Diagnostic:
        """The same finding, naming the rule it concerns."""
        return self if self.rule else replace(self, rule=rule)

    def as_json(self) -> dict[str, str | int]:
        """The object that `validate --format json` prints."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "file": self.span.file,
            "line": self.span.line,
            "column": self.span.column,
            "message": self.message,
            "hint": self.hint,
            "rule": self.rule,
        }


def printable(text: str) -> str:
    """The text with control characters escaped: rules and events reach terminals and CI logs."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Whether any finding is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)
