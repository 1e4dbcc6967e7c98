"""The reference evaluator: the executable form of what a detection means.

Small and obvious on purpose. Every backend must agree with it on the real engine or refuse.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import re2

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
    Pattern,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)
from tocsin.ir.text import fold, lookup, parse_number, scalars, texts, walk


class View:
    """One event with the text forms of its fields, read and folded once.

    `renamed` gives the paths of fields whose place in the event is not their name.
    """

    def __init__(
        self, event: Mapping[str, Any], renamed: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.event = event
        self._renamed = renamed or {}
        self._texts: dict[str, tuple[str, ...] | None] = {}
        self._folded: dict[str, tuple[str, ...]] = {}
        self._scalars: tuple[str, ...] | None = None

    def texts(self, field: str) -> tuple[str, ...] | None:
        """Text forms of a field; None where it is missing."""
        if field not in self._texts:
            path = self._renamed.get(field)
            value = walk(self.event, path) if path else lookup(self.event, field)
            self._texts[field] = texts(value)
        return self._texts[field]

    def folded(self, field: str) -> tuple[str, ...]:
        """Folded text forms of a field; empty where it is missing."""
        if field not in self._folded:
            self._folded[field] = tuple(map(fold, self.texts(field) or ()))
        return self._folded[field]

    @property
    def scalars(self) -> tuple[str, ...]:
        """Text forms of all scalars of the event."""
        if self._scalars is None:
            self._scalars = tuple(scalars(self.event))
        return self._scalars


def evaluate(expr: Expr, event: Mapping[str, Any] | View) -> bool:
    """Whether the expression holds on an event."""
    return _holds(expr, event if isinstance(event, View) else View(event))


def _holds(expr: Expr, view: View) -> bool:  # noqa: PLR0911 - one return per node type
    match expr:
        case And(args):
            return all(_holds(arg, view) for arg in args)
        case Or(args):
            return any(_holds(arg, view) for arg in args)
        case Not(arg):
            return not _holds(arg, view)
        case Const(value):
            return value
        case IsNull(field):
            return view.texts(field) is None
        case Leaf(field, Text(_, cased) as test) if not cased:
            return any(glob(test.pattern, text) for text in view.folded(field))
        case Leaf(field, test):
            return passes_any(test, view.texts(field) or ())
        case Keyword(test):
            return passes_any(test, view.scalars)
        case FieldRef():
            return _field_ref(expr, view)


def _field_ref(expr: FieldRef, view: View) -> bool:
    read: Callable[[str], Iterable[str]] = (
        (lambda name: view.texts(name) or ()) if expr.cased else view.folded
    )
    others = tuple(read(expr.other))
    return any(_HOW[expr.how](text, other) for text in read(expr.field) for other in others)


_HOW: dict[How, Callable[[str, str], bool]] = {
    How.EQUALS: operator.eq,
    How.CONTAINS: operator.contains,
    How.STARTSWITH: str.startswith,
    How.ENDSWITH: str.endswith,
}


def passes_any(test: Test, candidates: Iterable[str]) -> bool:
    """Whether any text passes the test."""
    return any(passes(test, text) for text in candidates)


def passes(test: Test, text: str) -> bool:
    """Whether one text passes the test."""
    match test:
        case Text(pattern, cased):
            return glob(pattern, text if cased else fold(text))
        case Regex(pattern, flags):
            return regex(pattern, flags).search(text) is not None
        case Cidr(network):
            return _in_network(text, network)
        case Compare(op, number):
            return _compare(text, op, number)
        case TimePart(unit, value):
            moment = parse_time(text)
            return moment is not None and _PART[unit](moment) == value


# --- patterns ---------------------------------------------------------------------------------


def glob(pattern: Pattern, text: str) -> bool:
    """Whether the whole text matches the pattern, in linear time per run of `*`."""
    runs = _runs(pattern)
    first, *rest = runs
    if not rest:
        return _width(first) == len(text) and _run_at(first, text, 0)
    last = rest.pop()
    start, end = _width(first), len(text) - _width(last)
    if start > end or not _run_at(first, text, 0) or not _run_at(last, text, end):
        return False
    for run in rest:
        found = _find(run, text, start, end)
        if found < 0:
            return False
        start = found + _width(run)
    return True


@cache
def _runs(pattern: Pattern) -> list[Pattern]:
    """The pattern cut at every `*`."""
    runs: list[list[str | Wild]] = [[]]
    for part in pattern:
        if part is Wild.MANY:
            runs.append([])
        else:
            runs[-1].append(part)
    return [tuple(run) for run in runs]


@cache
def _width(run: Pattern) -> int:
    return sum(len(part) if isinstance(part, str) else 1 for part in run)


def _run_at(run: Pattern, text: str, at: int) -> bool:
    for part in run:
        if isinstance(part, str):
            if not text.startswith(part, at):
                return False
            at += len(part)
        else:
            at += 1
    return True


def _find(run: Pattern, text: str, start: int, end: int) -> int:
    """Leftmost place of the run inside text[start:end], or -1."""
    if len(run) == 1 and isinstance(run[0], str):
        return text.find(run[0], start, end)
    places = range(start, end - _width(run) + 1)
    return next((at for at in places if _run_at(run, text, at)), -1)


@cache
def regex(pattern: str, flags: str = "") -> Any:
    """The compiled RE2 pattern; raises `re2.error` where RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)


# --- addresses, numbers, times -------------------------------------------------------------------


@cache
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def _in_network(text: str, network: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text and address in _network(network)


_OP: dict[Op, Callable[[float, float], bool]] = {
    Op.GT: operator.gt,
    Op.GTE: operator.ge,
    Op.LT: operator.lt,
    Op.LTE: operator.le,
}


def _compare(text: str, op: Op, number: float) -> bool:
    value = parse_number(text)
    if value is None:
        return False
    if isinstance(value, int) and isinstance(number, int):
        return _OP[op](value, number)
    return _OP[op](float(value), float(number))


_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def parse_time(text: str) -> datetime | None:
    """The moment, to the second, that an ISO 8601 text names; no zone means UTC."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    *digits, zone = found.groups()
    year, month, day, hour, minute, second = (int(d or 0) for d in digits)
    iso = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    try:
        return datetime.fromisoformat(iso + (zone or "Z")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_PART: dict[Unit, Callable[[datetime], int]] = {
    Unit.MINUTE: lambda t: t.minute,
    Unit.HOUR: lambda t: t.hour,
    Unit.DAY: lambda t: t.day,
    Unit.WEEK: lambda t: t.isocalendar().week,
    Unit.MONTH: lambda t: t.month,
    Unit.YEAR: lambda t: t.year,
}
