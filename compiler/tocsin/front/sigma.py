"""Conditions of rules as trees, and what is wrong with the metadata of a rule.

pySigma, which finds it out, takes a while to load: it is loaded where there is something to parse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_CONDITION = 4000
MAX_NESTING = 30


@dataclass(frozen=True, slots=True)
class Name:
    """A condition that names a selection."""

    name: str


@dataclass(frozen=True, slots=True)
class Quantified:
    """`1 of pattern` or, with `every`, `all of pattern`."""

    pattern: str
    every: bool


@dataclass(frozen=True, slots=True)
class Combined:
    """`and`, `or`, or `not` of other conditions."""

    operator: str
    args: tuple[ConditionTree, ...]


ConditionTree = Name | Quantified | Combined


class ConditionError(ValueError):
    """A condition that does not parse, with the 0-based offset of the trouble in its text."""

    def __init__(self, message: str, offset: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> ConditionTree:
    """The tree of a condition; raises ConditionError."""
    if "|" in text:
        hint = "write aggregations as Sigma correlations"
        raise ConditionError("conditions with a pipe are not supported", text.index("|"), hint)
    if len(text) > MAX_CONDITION or text.count("(") > MAX_NESTING:
        raise ConditionError("the condition is too long or nested too deeply")
    from tocsin.front.pysigma import parsed  # noqa: PLC0415 - slow to load

    return parsed(text)


def metadata_errors(rule: dict[str, Any]) -> list[tuple[str, str]]:
    """What pySigma finds wrong with everything but the detection: (attribute, message)."""
    from tocsin.front.pysigma import errors  # noqa: PLC0415 - slow to load

    return errors(rule)
