"""Expressions as JSON and back, exactly: what artifacts carry and workers load.

The form is that of `tocsin.canonical.plain`, so there is one encoding of an expression: nodes are
`{"node": type, field: value …}`, fields at their default are left out, a wildcard is
`{"enum": "MANY"}` and so never equals the text `*`.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, cast, get_args

import re2

from tocsin.canonical import plain
from tocsin.ir.leaf import regex
from tocsin.ir.nodes import (
    And,
    Cidr,
    Compare,
    Const,
    Expr,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Part,
    Pattern,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)

FORM = 1
"""Version of the encoding; a loader takes exactly this one."""

MAX_DEPTH = 100
"""Levels of nested expressions: far above any rule, safely below Python's stack."""

EnumT = TypeVar("EnumT", bound=StrEnum)


def dump(expr: Expr) -> dict[str, Any]:
    """The expression as JSON-able data. Raises ValueError if it is nested too deeply to load."""
    if _too_deep(expr):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return {"form": FORM, "expr": plain(expr)}


def load(data: Any) -> Expr:
    """The expression of `dump`. Raises ValueError that names the place of what is wrong."""
    if not isinstance(data, Mapping) or set(data) != {"form", "expr"}:
        raise ValueError("not an expression: expected the keys `form` and `expr`")
    form = data["form"]
    if isinstance(form, bool) or form != FORM:
        raise ValueError(f"form {form!r} of expressions is not known here, only {FORM}")
    return _expr(data["expr"], _At("expr"))


def _too_deep(expr: Expr) -> bool:
    level: list[Expr] = [expr]
    for _ in range(MAX_DEPTH):
        level = [below for node in level for below in _below(node)]
        if not level:
            return False
    return True


def _below(node: Expr) -> Sequence[Expr]:
    if isinstance(node, And | Or):
        return node.args
    return (node.arg,) if isinstance(node, Not) else ()


@dataclass(frozen=True, slots=True)
class _At:
    """Where the loader is: a path for messages, and the depth of expressions."""

    path: str
    depth: int = 0

    def key(self, key: str) -> _At:
        return _At(f"{self.path}.{key}", self.depth)

    def item(self, number: int) -> _At:
        return _At(f"{self.path}[{number}]", self.depth)

    def deeper(self) -> _At:
        return _At(self.path, self.depth + 1)

    def wrong(self, message: str) -> ValueError:
        return ValueError(f"{self.path}: {message}")


Reader = Callable[[Any, _At], Any]


def _expr(data: Any, at: _At) -> Expr:
    if at.depth >= MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return cast("Expr", _node(data, at.deeper(), _EXPRS))


def _test(data: Any, at: _At) -> Test:
    return cast("Test", _node(data, at, _TESTS))


def _node(data: Any, at: _At, kinds: Mapping[str, type]) -> Any:
    if not isinstance(data, Mapping):
        raise at.wrong(f"expected a node, got {_kind(data)}")
    name = data.get("node")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise at.wrong(f"unknown node {name!r}, expected one of {', '.join(kinds)}")
    readers = _FIELDS[kind]
    if unknown := sorted(map(str, set(data) - set(readers) - {"node"})):
        raise at.wrong(f"{name} has no field {unknown[0]!r}")
    if missing := sorted(_REQUIRED[kind] - set(data)):
        raise at.wrong(f"{name} lacks the field {missing[0]!r}")
    return kind(**{key: readers[key](data[key], at.key(key)) for key in readers if key in data})


def _kind(data: Any) -> str:
    return "null" if data is None else type(data).__name__


# --- values ----------------------------------------------------------------------------------


def _list(data: Any, at: _At) -> list[Any]:
    if not isinstance(data, list):
        raise at.wrong(f"expected a list, got {_kind(data)}")
    return data


def _args(data: Any, at: _At) -> tuple[Expr, ...]:
    # A loop, not a comprehension: those cost a frame of the stack at every level.
    found: list[Expr] = []
    for number, item in enumerate(_list(data, at)):
        found.append(_expr(item, at.item(number)))
    return tuple(found)


def _text(data: Any, at: _At) -> str:
    if not isinstance(data, str):
        raise at.wrong(f"expected a text, got {_kind(data)}")
    return data


def _bool(data: Any, at: _At) -> bool:
    if not isinstance(data, bool):
        raise at.wrong(f"expected true or false, got {_kind(data)}")
    return data


def _integer(data: Any, at: _At) -> int:
    if isinstance(data, bool) or not isinstance(data, int):
        raise at.wrong(f"expected an integer, got {_kind(data)}")
    return data


def _number(data: Any, at: _At) -> int | float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise at.wrong(f"expected a finite number, got {_kind(data)}")
    return data


def _enum(kind: type[EnumT]) -> Callable[[Any, _At], EnumT]:
    def read(data: Any, at: _At) -> EnumT:
        if not isinstance(data, str) or data not in set(kind):
            raise at.wrong(f"expected one of {', '.join(kind)}, got {data!r}")
        return kind(data)

    return read


def _pattern(data: Any, at: _At) -> Pattern:
    return tuple(_part(item, at.item(n)) for n, item in enumerate(_list(data, at)))


def _part(data: Any, at: _At) -> Part:
    if isinstance(data, str):
        return data
    if isinstance(data, Mapping) and set(data) == {"enum"} and data["enum"] in Wild.__members__:
        return Wild[data["enum"]]
    raise at.wrong(f"expected a text or a wildcard, got {data!r}")


def _regex(data: Any, at: _At) -> str:
    try:
        regex(_text(data, at))
    except re2.error as error:
        raise at.wrong("not a regular expression of RE2") from error
    return cast("str", data)


def _flags(data: Any, at: _At) -> str:
    text = _text(data, at)
    if text != "".join(sorted(set(text) & set("ims"))):
        raise at.wrong(f"expected sorted flags out of `ims`, got {text!r}")
    return text


def _network(data: Any, at: _At) -> str:
    try:
        ipaddress.ip_network(_text(data, at))
    except ValueError as error:
        raise at.wrong(f"not a network: {data!r}") from error
    return cast("str", data)


_EXPRS: dict[str, type] = {kind.__name__: kind for kind in get_args(Expr)}
_TESTS: dict[str, type] = {kind.__name__: kind for kind in get_args(Test)}

_FIELDS: dict[type, dict[str, Reader]] = {
    And: {"args": _args},
    Or: {"args": _args},
    Not: {"arg": _expr},
    Const: {"value": _bool},
    IsNull: {"field": _text},
    Leaf: {"field": _text, "test": _test},
    Keyword: {"test": _test},
    FieldRef: {"field": _text, "other": _text, "how": _enum(How), "cased": _bool},
    Text: {"pattern": _pattern, "cased": _bool},
    Regex: {"pattern": _regex, "flags": _flags},
    Cidr: {"network": _network},
    Compare: {"op": _enum(Op), "number": _number},
    TimePart: {"unit": _enum(Unit), "value": _integer},
}

_REQUIRED: dict[type, set[str]] = {
    kind: {f.name for f in fields(kind) if f.default is MISSING} for kind in _FIELDS
}
