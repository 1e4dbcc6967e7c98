"""Leaves as short JSON lists and back, exactly.

    ["text", field, pattern]   ["cased", field, pattern]   ["regex", field, pattern, flags, guard]
    ["cidr", field, network]   ["compare", field, op, number]   ["time", field, unit, first, last]
    ["null", field]            ["field", field, other, how, cased]

A field that is null stands for every scalar of the event (a keyword). A pattern lists literals
(texts, folded in `text`), 0 for any run of characters and 1 for exactly one. A guard lists
literals, see `tocsin.pack.guard`.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import re2

from tocsin.ir.leaf import regex
from tocsin.ir.nodes import (
    Cidr,
    Compare,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Op,
    Pattern,
    Regex,
    Test,
    Text,
    TextPart,
    TimePart,
    Unit,
    Wild,
)
from tocsin.pack.guard import Guard, guard_of

Asked = IsNull | Leaf | Keyword | FieldRef
"""What a leaf of an expression may be."""

EnumT = TypeVar("EnumT", bound=StrEnum)
LeafCode = list[Any]

_WILD = {Wild.MANY: 0, Wild.ONE: 1}
_PARTS = {0: Wild.MANY, 1: Wild.ONE}


def code_of(leaf: Asked) -> LeafCode:
    """The list of a leaf."""
    match leaf:
        case IsNull(field):
            return ["null", field]
        case FieldRef(field, other, how, cased):
            return ["field", field, other, how.value, cased]
        case Leaf(field, test):
            return _test_code(field, test)
        case Keyword(test):
            return _test_code(None, test)


def _test_code(field: str | None, test: Test) -> LeafCode:
    match test:
        case Text(pattern, cased):
            parts = [part if isinstance(part, str) else _WILD[part] for part in pattern]
            return ["cased" if cased else "text", field, parts]
        case Regex(pattern, flags):
            return ["regex", field, pattern, flags, list(guard_of(test))]
        case Cidr(network):
            return ["cidr", field, network]
        case Compare(op, number):
            return ["compare", field, op.value, number]
        case TimePart(unit, first, last):
            return ["time", field, unit.value, first, last]


def leaf_of(code: Any) -> tuple[Asked, Guard]:
    """The leaf of a list and its guard. Raises ValueError saying what is wrong."""
    kind, *rest = _list(code) or [None]
    if kind == "null":
        [field] = _sized(rest, 1)
        return IsNull(_text(field)), ()
    if kind == "field":
        field, other, how, cased = _sized(rest, 4)
        return FieldRef(_text(field), _text(other), _enum(How, how), _bool(cased)), ()
    reader = _TESTS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise ValueError(f"unknown leaf {kind!r}, expected one of null, field, {', '.join(_TESTS)}")
    field, *arguments = rest or [0]
    size, read = reader
    test, guard = read(*_sized(arguments, size))
    return (Keyword(test) if field is None else Leaf(_text(field), test)), guard


# --- tests ------------------------------------------------------------------------------------


def _text_test(pattern: Any) -> tuple[Test, Guard]:
    test = Text(_pattern(pattern))
    return test, guard_of(test)


def _cased_test(pattern: Any) -> tuple[Test, Guard]:
    test = Text(_pattern(pattern), cased=True)
    return test, guard_of(test)


def _regex_test(pattern: Any, flags: Any, guard: Any) -> tuple[Test, Guard]:
    try:
        regex(_text(pattern))
    except re2.error as error:
        raise ValueError(f"not a regular expression of RE2: {pattern!r}") from error
    if _text(flags) != "".join(sorted(set(flags) & set("ims"))):
        raise ValueError(f"expected sorted flags out of `ims`, got {flags!r}")
    return Regex(pattern, flags), tuple(map(_text, _list(guard)))


def _cidr_test(network: Any) -> tuple[Test, Guard]:
    try:
        written = str(ipaddress.ip_network(_text(network)))
    except ValueError as error:
        raise ValueError(f"not a network: {network!r}") from error
    if written != network:
        raise ValueError(f"not a network as packs write it: {network!r}, expected {written!r}")
    return Cidr(network), ()


def _compare_test(op: Any, number: Any) -> tuple[Test, Guard]:
    known = isinstance(number, int | float) and not isinstance(number, bool)
    if not known or not _is_double(number):
        raise ValueError(f"expected a finite number, got {_kind(number)}")
    return Compare(_enum(Op, op), number), ()


def _is_double(number: float) -> bool:
    """Whether it is within the range of doubles, which it is compared as."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _time_test(unit: Any, first: Any, last: Any) -> tuple[Test, Guard]:
    for value in (first, last):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"expected an integer, got {_kind(value)}")  # noqa: TRY004 - wrong data
    if first > last:
        raise ValueError(f"no number is from {first} to {last}")
    return TimePart(_enum(Unit, unit), first, last), ()


_TESTS: Mapping[str, tuple[int, Callable[..., tuple[Test, Guard]]]] = {
    "text": (1, _text_test),
    "cased": (1, _cased_test),
    "regex": (3, _regex_test),
    "cidr": (1, _cidr_test),
    "compare": (2, _compare_test),
    "time": (3, _time_test),
}
"""How many values a test has after its field, and what they are."""


# --- values -----------------------------------------------------------------------------------


def _pattern(data: Any) -> Pattern:
    return tuple(map(_part, _list(data)))


def _part(data: Any) -> TextPart:
    if isinstance(data, str):
        return data
    if isinstance(data, int) and not isinstance(data, bool) and data in _PARTS:
        return _PARTS[data]
    raise ValueError(f"expected a text, 0 or 1 in a pattern, got {data!r}")


def _kind(data: Any) -> str:
    return "null" if data is None else repr(data) if isinstance(data, str) else type(data).__name__


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError(f"expected a list, got {_kind(data)}")  # noqa: TRY004 - wrong data
    return data


def _sized(data: list[Any], size: int) -> list[Any]:
    if len(data) != size:
        raise ValueError(f"expected {size} more values, got {len(data)}")
    return data


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise ValueError(f"expected a text, got {_kind(data)}")  # noqa: TRY004 - wrong data
    return data


def _bool(data: Any) -> bool:
    if not isinstance(data, bool):
        raise ValueError(f"expected true or false, got {_kind(data)}")  # noqa: TRY004 - wrong data
    return data


def _enum(kind: type[EnumT], data: Any) -> EnumT:
    if not isinstance(data, str) or data not in set(kind):
        raise ValueError(f"expected one of {', '.join(kind)}, got {data!r}")
    return kind(data)
