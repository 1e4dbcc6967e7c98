"""Conditions of correlations on the figure of a window: which imply which."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise, product

from tocsin.ir.correlation import (
    Absent,
    Bound,
    Correlation,
    CorrelationType,
    Every,
    Presence,
    Some,
    present,
    within,
)

Number = int | float | Decimal
COUNTING = frozenset(
    {CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT, CorrelationType.TEMPORAL}
)
MOST_RULES = 10
"""Rules of which all sets are looked at."""


def implies(one: Correlation, other: Correlation) -> bool:
    """Whether the other's condition holds on any window on which the one's does; False: unproven.

    They have the same type, rules, values and percentile.
    """
    if one.type is CorrelationType.TEMPORAL and (one.presence or other.presence):
        return _sets_imply(one, other)
    return all(
        within(other.bounds, figure) for figure in figures(one, other) if within(one.bounds, figure)
    )


def grows(one: Correlation) -> bool:
    """Whether the condition holds on with every match that is added to a window."""
    if one.type is CorrelationType.TEMPORAL_ORDERED:
        return True
    if one.type not in COUNTING:
        return False
    if one.presence is not None:
        return not _negates(one.presence)
    holds = [within(one.bounds, figure) for figure in figures(one)]
    return holds == sorted(holds)


def figures(*correlations: Correlation) -> list[Number]:
    """Figures on which the conditions give every combination of answers, in order."""
    bounds = [bound for each in correlations for bound in each.bounds]
    first = correlations[0]
    if first.type not in COUNTING:
        return sorted(set(_reals(bounds)))
    least = 0 if first.type is CorrelationType.VALUE_COUNT else 1
    near = {math.floor(b.value) + more for b in bounds for more in (-1, 0, 1, 2)}
    top = first.rules if first.type is CorrelationType.TEMPORAL else max((least, *near))
    return sorted({least, *(n for n in near if least <= n <= top), top})


def _reals(bounds: Sequence[Bound]) -> Iterator[Number]:
    """Each bound, what lies between, and the doubles next to each."""
    ordered = sorted({bound.value for bound in bounds})
    yield from ordered
    yield from ((low + high) / 2 for low, high in pairwise(ordered))
    for value in ordered:
        yield from (value - 1, value + 1)
        yield from (math.nextafter(float(value), way) for way in (-math.inf, math.inf))
        yield float(value)


# --- which rules occur ----------------------------------------------------------------------------


def _sets_imply(one: Correlation, other: Correlation) -> bool:
    if one == other:
        return True
    if one.rules > MOST_RULES:
        return False
    return all(occurring(other, each) for each in sets(one.rules) if occurring(one, each))


def sets(rules: int) -> Iterator[frozenset[int]]:
    """All sets of rules that a window can hold; at least one has matched."""
    for chosen in product((False, True), repeat=rules):
        found = frozenset(rule for rule, there in enumerate(chosen) if there)
        if found:
            yield found


def occurring(one: Correlation, rules: frozenset[int]) -> bool:
    """Whether a temporal correlation holds on a window in which these rules occur."""
    if one.presence is None:
        return within(one.bounds, len(rules))
    return present(one.presence, rules)


def _negates(presence: Presence) -> bool:
    if isinstance(presence, Every | Some):
        return any(map(_negates, presence.args))
    return isinstance(presence, Absent)
