"""What a text pattern asks for, in the terms that every SQL engine has a function for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.errors import Unsupported
from tocsin.ir.nodes import Pattern, Wild


class PatternShape(StrEnum):
    """The cheapest way to ask for a pattern."""

    ANY = "any"
    EQUALS = "equals"
    STARTS = "starts"
    ENDS = "ends"
    CONTAINS = "contains"
    GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Shaped:
    """A pattern's shape and, unless it is any or general, its one literal."""

    shape: PatternShape
    literal: str = ""


def shape_of(pattern: Pattern) -> Shaped:  # noqa: PLR0911 - one return per shape
    """The shape of a pattern in normal form. Raises Unsupported for lone surrogates."""
    for part in pattern:
        if isinstance(part, str) and any("\ud800" <= c <= "\udfff" for c in part):
            raise Unsupported("Text", "lone-surrogate")
    match pattern:
        case ():
            return Shaped(PatternShape.EQUALS)
        case (Wild.MANY,):
            return Shaped(PatternShape.ANY)
        case (str(text),):
            return Shaped(PatternShape.EQUALS, text)
        case (str(text), Wild.MANY):
            return Shaped(PatternShape.STARTS, text)
        case (Wild.MANY, str(text)):
            return Shaped(PatternShape.ENDS, text)
        case (Wild.MANY, str(text), Wild.MANY):
            return Shaped(PatternShape.CONTAINS, text)
        case _:
            return Shaped(PatternShape.GENERAL)


def is_caseless(pattern: Pattern) -> bool:
    """Whether no letter occurs in it, so that folding the text changes nothing."""
    return all(part.lower() == part.upper() for part in pattern if isinstance(part, str))


ESCAPES = "!^~|#$"
"""Escape characters of LIKE: one that the pattern lacks reads best, and any one escapes itself."""


def like_of(pattern: Pattern) -> tuple[str, str]:
    """The LIKE pattern and its escape character, empty where none is needed."""
    literals = set("".join(part for part in pattern if isinstance(part, str)))
    free = (char for char in ESCAPES if char not in literals)
    escape = next(free, ESCAPES[0]) if literals & {"%", "_"} else ""
    wild = {Wild.MANY: "%", Wild.ONE: "_"}
    return "".join(wild[p] if isinstance(p, Wild) else _escaped(p, escape) for p in pattern), escape


def _escaped(text: str, escape: str) -> str:
    special = {escape, "%", "_"} if escape else ()
    return "".join(escape + char if char in special else char for char in text)


def integer_of(pattern: Pattern) -> int | None:
    """The int64 whose canonical text this pattern is; None for all else."""
    match pattern:
        case (str(text),) if text.isascii() and text.removeprefix("-").isdecimal():
            number = int(text) if len(text) < 21 else 2**63  # noqa: PLR2004 - digits of int64
            return number if str(number) == text and -(2**63) <= number < 2**63 else None
        case _:
            return None
