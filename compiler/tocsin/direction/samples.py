"""Texts that a test takes, such as people write them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise, product

from tocsin.ir.leaf import passes
from tocsin.ir.nodes import Cidr, Compare, Pattern, Test, Text, TimePart, Unit, Wild
from tocsin.ir.text import number_text

EXACT = 2**53
"""Up to here integers and doubles are compared alike."""


def filled(pattern: Pattern, many: str, one: str) -> str:
    """A text of a pattern, with these in the place of its wildcards."""
    signs = {Wild.MANY: many, Wild.ONE: one}
    return "".join(signs[part] if isinstance(part, Wild) else part for part in pattern)


@lru_cache(maxsize=4096)
def samples(test: Test) -> tuple[str, ...]:
    """Some texts that the test takes; perhaps none for a regular expression."""
    return tuple(dict.fromkeys(text for text in _samples(test) if passes(test, text)))


def _samples(test: Test) -> Iterator[str]:
    match test:
        case Text((Wild.MANY,)):
            yield from ("x", "-", "other", "1", "")
        case Text(pattern):
            yield from (filled(pattern, "", "x"), filled(pattern, "x", "y"))
            yield from (filled(pattern, " ", "1"), filled(pattern, "C:\\", "-"))
        case Cidr(network):
            given = ipaddress.ip_network(network)
            yield from (str(given[0]), str(given[-1]), str(given[given.num_addresses // 2]))
        case Compare(_, number):
            yield from (number_text(number + more) for more in (0, 1, -1, 0.5, -0.5))
            yield from (f"{number_text(number + more)}.0" for more in (0, 1, -1))
        case TimePart(unit, first, last):
            yield from (text for value in {first: 0, last: 0} for text in times(unit, value))


def times(unit: Unit, value: int) -> Iterator[str]:
    """Times with this part, the others varied."""
    for month, day, hour, minute in product((1, 6, 12), (1, 15, 28), (0, 9, 23), (0, 30)):
        others = {Unit.YEAR: 2026, Unit.MONTH: month, Unit.DAY: day, Unit.HOUR: hour}
        parts = {**others, Unit.MINUTE: minute, unit: value}
        try:
            date = datetime(parts[Unit.YEAR], parts[Unit.MONTH], parts[Unit.DAY], tzinfo=UTC)
            if unit is Unit.WEEK:
                date = datetime.fromisocalendar(2026, value, 1 + day % 7).replace(tzinfo=UTC)
            moment = date.replace(hour=parts[Unit.HOUR], minute=parts[Unit.MINUTE])
        except ValueError:
            continue
        yield moment.isoformat(timespec="seconds").replace("+00:00", "Z")


# --- where the answers of tests of one kind change ----------------------------------------------


def turning_texts(tests: Iterable[Test]) -> tuple[str, ...] | None:
    """Texts on which tests of one kind give every combination of answers that they ever give.

    All tests are comparisons with numbers, or networks, or the same part of a time. None where
    the combinations cannot be told.
    """
    every = list(tests)
    first = every[0]
    if isinstance(first, Compare):
        return _numbers([each.number for each in every if isinstance(each, Compare)])
    if isinstance(first, Cidr):
        return _addresses([each.network for each in every if isinstance(each, Cidr)])
    if isinstance(first, TimePart):
        return _parts(first.unit, [each for each in every if isinstance(each, TimePart)])
    return None


def _numbers(bounds: list[int | float]) -> tuple[str, ...] | None:
    """Each bound, a number between each two, one below and one above all."""
    if any(abs(bound) > EXACT for bound in bounds):
        return None
    ordered = sorted(set(bounds))
    between = [(low + high) / 2 for low, high in pairwise(ordered)]
    points = [ordered[0] - 1, *ordered, *between, ordered[-1] + 1]
    return tuple(number_text(point) for point in points)


def _addresses(networks: list[str]) -> tuple[str, ...]:
    """The lowest address of each network, and the one after its last.

    What is in one and not in others has a lowest address, and that is one of these.
    """
    found: dict[str, None] = {}
    for network in map(ipaddress.ip_network, networks):
        found[str(network[0])] = None
        after = int(network[-1]) + 1
        if after < 2**network.max_prefixlen:
            found[str(type(network[0])(after))] = None
    return tuple(found)


def _parts(unit: Unit, tests: list[TimePart]) -> tuple[str, ...]:
    """The lowest value of each, and the one after its last."""
    values = {value for test in tests for value in (test.first, test.last + 1)}
    texts = (next(times(unit, value), "") for value in sorted(values))
    return tuple(text for text in texts if text)
