"""The intermediate representation: what a detection means, immutable and engine-neutral.

Every leaf looks at the text forms of a field (`tocsin.ir.text`): a field is missing, or it has
zero (a map), one (a scalar) or several (an array) text forms; a test holds if any of them passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Wild(Enum):
    """The wildcards of a pattern: any run of characters, exactly one code point."""

    MANY = "*"
    ONE = "?"


TextPart = str | Wild
"""A literal run or a wildcard."""

Pattern = tuple[TextPart, ...]


class How(StrEnum):
    """How a field is compared with another field's text."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"


class Op(StrEnum):
    """Numeric comparisons."""

    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


class Unit(StrEnum):
    """Parts of a time, in UTC; weeks are ISO weeks."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


# --- tests: what a text form must satisfy ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """The whole text matches the pattern. Literals are already folded unless `cased`.

    Normal form: no two literals adjacent, no empty literal, no two `MANY` adjacent;
    the empty pattern `()` is the empty string.
    """

    pattern: Pattern
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """RE2 pattern found anywhere in the text; `flags` is a sorted subset of `ims`."""

    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Cidr:
    """The text is an address inside the network, written canonically (`10.0.0.0/8`)."""

    network: str


@dataclass(frozen=True, slots=True)
class Compare:
    """The text is a number that compares so: 64-bit integers exactly, all else as doubles."""

    op: Op
    number: int | float


@dataclass(frozen=True, slots=True)
class TimePart:
    """The text is a time whose part, in UTC, lies in a range, both ends included.

    `hour|gte: 20` is the range from 20 to 23. The first is never beyond the last.
    """

    unit: Unit
    first: int
    last: int


Test = Text | Regex | Cidr | Compare | TimePart


# --- expressions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """Always true or always false."""

    value: bool


@dataclass(frozen=True, slots=True)
class And:
    """All hold. At least two arguments."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds. At least two arguments."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Does not hold: two-valued, so true where the field is missing."""

    arg: Expr


@dataclass(frozen=True, slots=True)
class IsNull:
    """The field is missing or null (an empty or all-null array counts as missing)."""

    field: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """Some text form of the field passes the test."""

    field: str
    test: Test


@dataclass(frozen=True, slots=True)
class Keyword:
    """Some scalar value anywhere in the event passes the test; keys are not searched."""

    test: Test


@dataclass(frozen=True, slots=True)
class FieldRef:
    """Some text form of `field` compares so with some text form of `other`."""

    field: str
    other: str
    how: How = How.EQUALS
    cased: bool = False


Expr = Const | And | Or | Not | IsNull | Leaf | Keyword | FieldRef


EXPRESSION_TYPES: tuple[type, ...] = (
    And,
    Or,
    Not,
    Const,
    IsNull,
    Leaf,
    Keyword,
    FieldRef,
    Text,
    Regex,
    Cidr,
    Compare,
    TimePart,
)
"""Nodes of expressions and tests of leaves."""


def any_of(args: list[Expr] | tuple[Expr, ...]) -> Expr:
    """The OR of the arguments in its smallest form; of nothing: false."""
    flat = tuple(dict.fromkeys(a for arg in args for a in _flat(arg, Or)))
    if Const(value=True) in flat:
        return Const(value=True)
    kept = tuple(a for a in flat if a != Const(value=False))
    return Const(value=False) if not kept else kept[0] if len(kept) == 1 else Or(kept)


def all_of(args: list[Expr] | tuple[Expr, ...]) -> Expr:
    """The AND of the arguments in its smallest form; of nothing: true."""
    flat = tuple(dict.fromkeys(a for arg in args for a in _flat(arg, And)))
    if Const(value=False) in flat:
        return Const(value=False)
    kept = tuple(a for a in flat if a != Const(value=True))
    return Const(value=True) if not kept else kept[0] if len(kept) == 1 else And(kept)


def negate(arg: Expr) -> Expr:
    """The NOT of the argument; two negations cancel."""
    if isinstance(arg, Not):
        return arg.arg
    return Const(value=not arg.value) if isinstance(arg, Const) else Not(arg)


def _flat(arg: Expr, kind: type[And | Or]) -> tuple[Expr, ...]:
    return arg.args if isinstance(arg, kind) else (arg,)
