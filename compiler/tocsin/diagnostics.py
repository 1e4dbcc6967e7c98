"""A finding about a user's file: stable code, place, message and hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Any

from tocsin.errors import TocsinError
from tocsin.plural import plural


class Severity(StrEnum):
    """The severity of a finding: errors stop, warnings and infos do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for errors, higher for lower severities."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: 1-based line and column of its first character."""

    file: str = ""
    line: int = 1
    column: int = 1


LONGEST_WORD = 100
MOST_ALIKE = 200
_NEAR, _ALIKE = 0.6, 0.75
LONGEST = 1000
"""Characters of a message or hint: what authors write into it may be a megabyte, many times."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is `TOC###`; `rule` is the Sigma id where one is known."""

    code: str
    message: str
    span: Span
    severity: Severity = Severity.ERROR
    hint: str = ""
    rule: str = ""

    def __post_init__(self) -> None:
        for name in ("message", "hint"):
            if len(said := getattr(self, name)) > LONGEST:
                object.__setattr__(self, name, said[: LONGEST - 1] + "…")

    @property
    def sort_key(self) -> tuple[Span, str, str]:
        """Place first, so that output reads along the file."""
        return (self.span, self.code, self.message)

    def of_rule(self, rule: str) -> Diagnostic:
        """The same finding, with the rule it is about."""
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


def near(word: str, known: Iterable[str]) -> str:
    """The most similar known word, or nothing; fast for any input."""
    return _closest(word, known, _NEAR)


def alike(word: str, known: Iterable[str]) -> str:
    """The known word that this one is a typo of, or nothing; as fast."""
    return _closest(word, known, _ALIKE)


def _closest(word: str, known: Iterable[str], cutoff: float) -> str:
    if len(word) > LONGEST_WORD:
        return ""
    like = islice((each for each in known if _worth(word, each)), MOST_ALIKE)
    return next(iter(get_close_matches(word, list(like), 1, cutoff)), "")


def _worth(word: str, other: str) -> bool:
    """Whether it is worth a closer look: lengths alike, and the same begin or end."""
    short, long = sorted((len(word), len(other)))
    if not short or short * 7 < long * 3:
        return False
    one, two = word.lower(), other.lower()
    return one[0] == two[0] or one[-2:] == two[-2:] or one[1:3] == two[1:3]


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any finding is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def summary(found: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    counts = dict.fromkeys(Severity, 0)
    for each in found:
        counts[each.severity] += 1
    said = [plural(n, s.value) for s, n in counts.items() if n]
    return ", ".join(said) or "no findings"


class FindingsError(TocsinError):
    """Files have errors, all of which are reported; `message` says what they make impossible."""

    code = "findings"

    def __init__(
        self, found: Iterable[Diagnostic], message: str = "", *, hint: str = "", exit_code: int = 1
    ) -> None:
        super().__init__(message, hint=hint, exit_code=exit_code)
        self.found = tuple(found)

    def as_json(self) -> dict[str, Any]:
        """With all findings, and the place of the first error."""
        told = super().as_json() | {"findings": [each.as_json() for each in self.found]}
        if not self.found:
            return told
        first = min(self.found, key=lambda each: each.severity.rank)
        place = {key: first.as_json()[key] for key in ("file", "line", "column")}
        return {**told, "message": self.message or summary(self.found), **place}
