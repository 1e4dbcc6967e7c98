"""Tests of leaves as functions of one text: patterns, expressions, addresses, numbers, times."""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any

import re2

from tocsin.ir.nodes import (
    Cidr,
    Compare,
    Op,
    Pattern,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)
from tocsin.ir.text import fold, parse_number
from tocsin.ir.times import parse_time

TextCheck = Callable[[str], bool]


def passes(test: Test, text: str) -> bool:
    """Whether one text passes the test."""
    return checker(test)(text)


def checker(test: Test) -> TextCheck:
    """The test as a function of one text."""
    match test:
        case Text(pattern, cased):
            match_ = matcher(pattern)
            return match_ if cased else lambda text: match_(fold(text))
        case Regex(pattern, flags):
            search = regex(pattern, flags).search
            return lambda text: search(text) is not None
        case Cidr(network):
            return partial(_in_network, ipaddress.ip_network(network))
        case Compare(op, number):
            return partial(_compare, _OP[op], number)
        case TimePart(unit, first, last):
            return partial(_has_part, _PART[unit], first, last)


# --- patterns ---------------------------------------------------------------------------------


def matcher(pattern: Pattern) -> TextCheck:
    """Whether the whole text matches the pattern, as a function of the text."""
    match pattern:
        case ():
            return "".__eq__
        case (str(literal),):
            return literal.__eq__
        case (Wild.MANY, str(literal), Wild.MANY):
            return lambda text: literal in text
        case (str(literal), Wild.MANY):
            return lambda text: text.startswith(literal)
        case (Wild.MANY, str(literal)):
            return lambda text: text.endswith(literal)
        case _:
            return partial(_glob, _runs(pattern))


def glob(pattern: Pattern, text: str) -> bool:
    """Whether the whole text matches the pattern."""
    return matcher(pattern)(text)


def _glob(runs: list[Pattern], text: str) -> bool:
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


def _runs(pattern: Pattern) -> list[Pattern]:
    """The pattern cut at every `*`."""
    runs: list[list[str | Wild]] = [[]]
    for part in pattern:
        if part is Wild.MANY:
            runs.append([])
        else:
            runs[-1].append(part)
    return [tuple(run) for run in runs]


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
    found = _fixed(run).search(text, start, end)
    return found.start() if found else -1


@lru_cache(maxsize=4096)
def _fixed(run: Pattern) -> re.Pattern[str]:
    """A run as an expression of a fixed width, so that nothing is ever tried twice at a place."""
    parts = (re.escape(part) if isinstance(part, str) else "." for part in run)
    return re.compile("".join(parts), re.DOTALL)


@cache
def regex(pattern: str, flags: str = "") -> Any:
    """The compiled RE2 pattern; raises `re2.error` where RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)


# --- addresses, numbers, times -------------------------------------------------------------------


def _in_network(network: ipaddress.IPv4Network | ipaddress.IPv6Network, text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text and address in network


_OP: dict[Op, Callable[[float, float], bool]] = {
    Op.GT: operator.gt,
    Op.GTE: operator.ge,
    Op.LT: operator.lt,
    Op.LTE: operator.le,
}


def _compare(compare: Callable[[float, float], bool], number: float, text: str) -> bool:
    value = parse_number(text)
    if value is None:
        return False
    if isinstance(value, int) and isinstance(number, int):
        return compare(value, number)
    return compare(float(value), float(number))


def _has_part(part: Callable[[datetime], int], first: int, last: int, text: str) -> bool:
    moment = parse_time(text)
    return moment is not None and first <= part(moment) <= last


_PART: dict[Unit, Callable[[datetime], int]] = {
    Unit.MINUTE: lambda t: t.minute,
    Unit.HOUR: lambda t: t.hour,
    Unit.DAY: lambda t: t.day,
    Unit.WEEK: lambda t: t.isocalendar().week,
    Unit.MONTH: lambda t: t.month,
    Unit.YEAR: lambda t: t.year,
}
