"""Texts near a test: they pass it, or just fail to."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf, isfinite, nextafter
from typing import Any

from hypothesis import strategies as st

from differential.literals import (
    ALPHABET,
    TIMES,
    numbers,
    twins,
    words,
)
from differential.regexes import witness
from tocsin.front.time_part import RANGES
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import (
    Cidr,
    Compare,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)
from tocsin.ir.text import number_text

Draw = st.DrawFn


def near_text(draw: Draw, test: Test, *, hit: bool) -> str:
    """A text that passes the test nearly always; without `hit`, one that is close to it."""
    text = _HIT[type(test)](draw, test)
    if hit or draw(st.integers(0, 3)) == 0:
        return text
    if isinstance(test, Text) and test.cased and draw(st.booleans()):
        return draw(st.sampled_from([text.swapcase(), text.lower(), text.upper()]))
    changed = mutated(draw, text)
    return mutated(draw, changed) if passes(test, changed) else changed


def pattern_text(draw: Draw, test: Text) -> str:
    made = []
    for part in test.pattern:
        if part is Wild.MANY:
            made.append(draw(words))
        elif part is Wild.ONE:
            made.append(draw(st.sampled_from(ALPHABET)))
        else:
            made.append(part if test.cased else recased(draw, part))
    return "".join(made)


def recased(draw: Draw, text: str) -> str:
    """The text with other letters that fold alike."""
    if len(text) > 60 or draw(st.booleans()):
        return text
    seed = draw(st.integers(0, 2**16))
    chosen = []
    for at, char in enumerate(text):
        same = twins(char)
        chosen.append(same[(seed >> at % 16) % len(same)])
    return "".join(chosen)


def _regex_text(draw: Draw, test: Regex) -> str:
    text = witness(test)
    if draw(st.booleans()):
        return text
    return draw(words) + text + draw(words)


def _address(draw: Draw, test: Cidr) -> str:
    network = ipaddress.ip_network(test.network)
    first, last = int(network[0]), int(network[-1])
    number = draw(st.sampled_from([first, last, first + (last - first) // 3, first - 1, last + 1]))
    number = min(max(number, 0), 2**network.max_prefixlen - 1)
    address = type(network[0])(number)
    ways = [str(address), str(address), address.exploded, address.exploded.upper()]
    return draw(st.sampled_from(ways))


def _number_text(draw: Draw, test: Compare) -> str:
    number = near_number(draw, test)
    form = draw(st.integers(0, 9))
    text = number_text(number)
    if form == 0:
        return f"{text}.0"
    if form == 1:
        return f"{text}e0"
    return repr(float(number)) if form == 2 else text


def near_number(draw: Draw, test: Compare) -> float:
    """The number of a comparison, or its neighbours."""
    way = draw(st.integers(0, 5))
    if way == 0:
        return draw(numbers)
    if isinstance(test.number, int):
        return test.number + draw(st.sampled_from([-1, 0, 1, -2, 1000, -1000]))
    neighbours = [test.number, nextafter(test.number, inf), nextafter(test.number, -inf)]
    return draw(st.sampled_from([n for n in neighbours if isfinite(n)]))


def _time_text(draw: Draw, test: TimePart) -> str:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(TIMES))
    at = _moment(draw, test.unit, draw(st.sampled_from(_edges(test))))
    if draw(st.integers(0, 5)) == 0:
        at += draw(st.sampled_from([timedelta(minutes=1), -timedelta(minutes=1)]))
    minutes = draw(st.sampled_from([0, 0, 60, -60, 330, -570, 840]))
    local = at + timedelta(minutes=minutes)
    hours, rest = divmod(abs(minutes), 60)
    colon = draw(st.sampled_from([":", ""]))
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{rest:02}"
    zone = zone[:3] if not rest and draw(st.booleans()) else zone
    clock = local.strftime("%H:%M:%S")
    fraction = draw(st.sampled_from(["", "", ".5", ".999", ".9999999", ".000001"]))
    date = f"{local.year:04}-{local.month:02}-{local.day:02}"
    if minutes == 0:
        zone = draw(st.sampled_from(["Z", "", "+00:00", "-0000", "+00"]))
        if draw(st.integers(0, 6)) == 0:
            return date
    return date + draw(st.sampled_from("TT ")) + clock + fraction + zone


def _edges(test: TimePart) -> list[int]:
    """Numbers at both ends of the range, and the next ones outside."""
    low, high = RANGES[test.unit]
    near = (test.first, test.last, test.first - 1, test.last + 1)
    return [n for n in near if low <= n <= high]


def _moment(draw: Draw, unit: Unit, value: int) -> datetime:
    years = st.sampled_from([2020, 2021, 2024, 2026, 1969, 1970, 1999])
    days = st.integers(0, 370)
    base = datetime(draw(years), 1, 1, tzinfo=UTC) + timedelta(days=draw(days), minutes=draw(days))
    if unit is Unit.WEEK:
        try:
            return datetime.fromisocalendar(base.year, value, 1 + base.day % 7).replace(
                tzinfo=UTC, hour=base.hour
            )
        except ValueError:
            return base
    if unit is Unit.YEAR and not 1 < value < 9999:
        return base
    try:
        return base.replace(**{unit.value: value})  # type: ignore[arg-type] # a part's name
    except ValueError:
        return base


_HIT: dict[type, Callable[[Draw, Any], str]] = {
    Text: pattern_text,
    Regex: _regex_text,
    Cidr: _address,
    Compare: _number_text,
    TimePart: _time_text,
}


def mutated(draw: Draw, text: str) -> str:
    """The text with one small change."""
    at = draw(st.integers(0, max(0, min(len(text), 40) - 1)))
    head, char, tail = text[:at], text[at : at + 1], text[at + 1 :]
    nasty = draw(st.sampled_from(ALPHABET))
    changes = [
        head + tail,
        head + char + char + tail,
        head + nasty + tail,
        head + nasty + char + tail,
        text.swapcase(),
        text + "\n",
        " " + text,
        text + nasty,
        nasty + text,
        text[:-1],
        head + (twins(char)[-1] if char else "") + tail,
    ]
    return draw(st.sampled_from(changes))
