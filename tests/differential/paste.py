"""A difference as a case of the conformance table, to be pasted into one of its rows."""

from __future__ import annotations

import json
import re
from typing import Any

from differential.compare import Difference
from differential.quoted import quoted
from tocsin.front.time_part import RANGES
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
    Or,
    Pattern,
    Regex,
    Test,
    Text,
    TimePart,
    Wild,
)


def pasted(found: Difference, name: str) -> str:
    """One line of YAML, and what is wrong as a comment above it."""
    case: dict[str, Any] = {"name": name, "detection": detection_of(found.expr)}
    written = json.dumps(found.event)
    case |= {"event": json.loads(written), "match": found.wanted}
    told = found.failure or f"the engine says {not found.wanted}".lower()
    if json.dumps(case["event"]) != written:
        told += f", of {written}"
    return f"# {' '.join(told.split())}\n- {quoted(case, flow=True).strip()}"


def detection_of(expr: Expr) -> dict[str, Any]:
    """The expression as a Sigma detection that means the same."""
    selections: dict[str, Any] = {}
    condition = _condition(expr, selections)
    return {**(selections or {"s": {"f": None}}), "condition": condition}


def _condition(expr: Expr, selections: dict[str, Any]) -> str:
    match expr:
        case And(args) | Or(args):
            word = " and " if isinstance(expr, And) else " or "
            return "(" + word.join(_condition(arg, selections) for arg in args) + ")"
        case Not(arg):
            return f"not {_condition(arg, selections)}"
        case Const(value):
            # True of every event, or of none.
            name = _named(selections, {"f": None})
            other = _named(selections, {"f|exists": True})
            return f"({name} {'or' if value else 'and'} {other})"
    return _named(selections, _selection(expr))


def _named(selections: dict[str, Any], value: Any) -> str:
    name = f"s{len(selections) + 1}"
    selections[name] = value
    return name


def _selection(expr: Expr) -> Any:
    match expr:
        case IsNull(field):
            return {field: None}
        case FieldRef(field, other, how, cased):
            edges = "" if how is How.EQUALS else f"|{how.value}"
            return {f"{field}|fieldref{edges}{'|cased' if cased else ''}": other}
        case Keyword(test):
            return _keyword(test) if isinstance(test, Text) else _item("", test)
        case Leaf(field, test):
            return {f"{field}|re": ""} if test in ANY_TEXT else _item(field, test)
    raise ValueError(expr)


ANY_TEXT = (Text((Wild.MANY,)), Text((Wild.MANY,), cased=True))
"""Of a field these are "not null" in Sigma, which a map is too."""


def _keyword(test: Text) -> Any:
    modifiers = "|cased" if test.cased else ""
    starts, ends = (bool(test.pattern) and test.pattern[n] is Wild.MANY for n in (0, -1))
    if starts and ends:
        return {f"|contains{modifiers}": written(test.pattern)}
    edge = "endswith" if starts else "startswith"
    return {f"|{edge}{modifiers}": written(test.pattern)}


def _item(field: str, test: Test) -> dict[str, Any]:
    match test:
        case Text(pattern, cased):
            return {f"{field}|cased" if cased else field: written(pattern)}
        case Regex(pattern, flags):
            return {"|".join([f"{field}|re", *flags]): pattern}
        case Cidr(network):
            return {f"{field}|cidr": network}
        case Compare(op, number):
            return {f"{field}|{op.value}": number}
        case TimePart():
            return _time_part(field, test)


def _time_part(field: str, test: TimePart) -> dict[str, Any]:
    key = f"{field}|{test.unit.value}"
    if test.first == test.last:
        return {key: test.first}
    to_end = test.last == RANGES[test.unit][1]
    return {f"{key}|gte": test.first} if to_end else {f"{key}|lte": test.last}


def written(pattern: Pattern) -> str:
    """The pattern as an author writes it: wildcards bare, all else escaped."""
    parts = (re.sub(r"[*?\\]", r"\\\g<0>", p) if isinstance(p, str) else p.value for p in pattern)
    return "".join(parts)
