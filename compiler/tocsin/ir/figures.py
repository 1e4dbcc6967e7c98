"""What a correlation counts in a window, kept up to date as events enter and leave it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar

from tocsin.ir.correlation import (
    Correlation,
    CorrelationType,
    present,
    within,
)
from tocsin.ir.evaluate import View
from tocsin.ir.statistic import SUM, decimal_of, percentile
from tocsin.plural import plural

GroupKey = tuple[str, ...]
EventRef = tuple[str, int]
"""Identity of an event: name of its source, 0-based number."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An event inside a group: it counts once, whatever number of rules it matches."""

    time: int
    event: EventRef
    rules: frozenset[int]
    values: GroupKey | None
    view: View = field(compare=False, repr=False)


class Figure(ABC):
    """What a correlation counts in a window."""

    def __init__(self, correlation: Correlation) -> None:
        self.correlation = correlation

    @abstractmethod
    def add(self, hit: Hit) -> None:
        """Count a hit that enters the window, none of which is later."""

    @abstractmethod
    def remove(self, hit: Hit) -> None:
        """Count no more the earliest hit of the window."""

    @abstractmethod
    def holds(self, hit: Hit) -> bool:
        """Whether the condition holds, the window being that of this hit."""

    @abstractmethod
    def __str__(self) -> str:
        """The figure in words."""


class _Events(Figure):
    """How many events."""

    count = 0

    def add(self, hit: Hit) -> None:
        del hit
        self.count += 1

    def remove(self, hit: Hit) -> None:
        del hit
        self.count -= 1

    def holds(self, hit: Hit) -> bool:
        del hit
        return within(self.correlation.bounds, self.count)

    def __str__(self) -> str:
        return plural(self.count, "event")


T = TypeVar("T")


class _Tally(Generic[T]):
    """How often things stand in the window."""

    def __init__(self) -> None:
        self.present: Counter[T] = Counter()

    def add(self, thing: T) -> None:
        self.present[thing] += 1

    def remove(self, thing: T) -> None:
        self.present[thing] -= 1
        if not self.present[thing]:
            del self.present[thing]


class _Distinct(Figure):
    """How many distinct values."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.values: _Tally[GroupKey] = _Tally()

    def add(self, hit: Hit) -> None:
        if hit.values is not None:
            self.values.add(hit.values)

    def remove(self, hit: Hit) -> None:
        if hit.values is not None:
            self.values.remove(hit.values)

    def holds(self, hit: Hit) -> bool:
        del hit
        return within(self.correlation.bounds, len(self.values.present))

    def __str__(self) -> str:
        return plural(len(self.values.present), "distinct value")


class _Numbers(Figure):
    """A statistic of the values that are numbers."""

    count = 0

    @property
    def name(self) -> str:
        return self.correlation.type.removeprefix("value_")

    def add(self, hit: Hit) -> None:
        number = _number(hit)
        if number is not None:
            self.count += 1
            self.enter(number)

    def remove(self, hit: Hit) -> None:
        number = _number(hit)
        if number is not None:
            self.count -= 1
            self.leave(number)

    @abstractmethod
    def enter(self, number: Decimal) -> None:
        """Count a number."""

    @abstractmethod
    def leave(self, number: Decimal) -> None:
        """Count it no more."""

    @abstractmethod
    def value(self) -> str:
        """The statistic as text, of at least one number."""

    def __str__(self) -> str:
        if not self.count:
            return f"no {self.name}: no value is a number"
        return f"{self.name} {self.value()} of {plural(self.count, 'number')}"


class _Total(_Numbers):
    """Sum or average: exact, in any order of adding and taking away."""

    total = Decimal(0)

    def enter(self, number: Decimal) -> None:
        self.total = SUM.add(self.total, number)

    def leave(self, number: Decimal) -> None:
        self.total = SUM.subtract(self.total, number)

    @property
    def averages(self) -> bool:
        return self.correlation.type is CorrelationType.VALUE_AVG

    def holds(self, hit: Hit) -> bool:
        del hit
        times = self.count if self.averages else 1
        return self.count > 0 and within(self.correlation.bounds, self.total, times)

    def value(self) -> str:
        figure = self.total / self.count if self.averages else self.total
        return f"{figure.normalize():f}"


class _Percentile(_Numbers):
    """Percentile or median, linear between closest ranks."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.ordered: list[float] = []

    def enter(self, number: Decimal) -> None:
        insort(self.ordered, float(number))

    def leave(self, number: Decimal) -> None:
        del self.ordered[bisect_left(self.ordered, float(number))]

    def figure(self) -> float:
        return percentile(self.ordered, self.correlation.percentile or "50")

    def holds(self, hit: Hit) -> bool:
        del hit
        return self.count > 0 and within(self.correlation.bounds, self.figure())

    def value(self) -> str:
        return f"{self.figure():g}"


class _Together(Figure):
    """Which rules occur."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.rules: _Tally[int] = _Tally()

    def add(self, hit: Hit) -> None:
        for rule in hit.rules:
            self.rules.add(rule)

    def remove(self, hit: Hit) -> None:
        for rule in hit.rules:
            self.rules.remove(rule)

    def holds(self, hit: Hit) -> bool:
        del hit
        if self.correlation.presence is not None:
            return present(self.correlation.presence, self.rules.present)
        return within(self.correlation.bounds, len(self.rules.present))

    def __str__(self) -> str:
        return f"{len(self.rules.present)} of {plural(self.correlation.rules, 'rule')}"


class _InOrder(_Together):
    """Chains of matches of the rules in their order: for each rule the latest start of one.

    Times never decrease along a chain, so at one time it may go on through several hits.
    """

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.starts: list[int | None] = [None] * correlation.rules
        self.now: int | None = None
        self.at_once: set[int] = set()

    def add(self, hit: Hit) -> None:
        super().add(hit)
        if hit.time != self.now:
            self.now = hit.time
            self.at_once.clear()
        self.at_once |= hit.rules
        for rule in sorted(self.at_once):
            self.starts[rule] = self.starts[rule - 1] if rule else hit.time

    def holds(self, hit: Hit) -> bool:
        last = self.correlation.rules - 1
        start = self.starts[last]
        earliest = hit.time - self.correlation.timespan_ms
        return last in hit.rules and start is not None and start >= earliest


def _number(hit: Hit) -> Decimal | None:
    return None if hit.values is None else decimal_of(hit.values[0])


FIGURE: dict[CorrelationType, type[Any]] = {
    CorrelationType.EVENT_COUNT: _Events,
    CorrelationType.VALUE_COUNT: _Distinct,
    CorrelationType.VALUE_SUM: _Total,
    CorrelationType.VALUE_AVG: _Total,
    CorrelationType.VALUE_PERCENTILE: _Percentile,
    CorrelationType.VALUE_MEDIAN: _Percentile,
    CorrelationType.TEMPORAL: _Together,
    CorrelationType.TEMPORAL_ORDERED: _InOrder,
}
