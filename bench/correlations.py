"""Correlations in the reference evaluator: do time and memory grow in proportion to the events?

.venv/bin/python -m bench.correlations      under a minute

All events are of one group and in each other's windows: the worst case. Each line has seconds and
peak memory for n, 2n and 4n events of one type, and the growth from n to 4n divided by 4: about 1
is in proportion, 4 would be quadratic.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from time import perf_counter

from tocsin.ir.correlate import BaseMatch, correlate
from tocsin.ir.correlation import Bound, BoundOp, Correlation, CorrelationType, Ref
from tocsin.ir.evaluate import View

SIZES = (10_000, 20_000, 40_000)


def matches(count: int) -> list[BaseMatch]:
    """So many events, a millisecond apart, of values that come again."""
    return [BaseMatch(0, ("s", n), n, View({"v": 1 + n % 1000})) for n in range(count)]


def correlation(kind: CorrelationType) -> Correlation:
    """A correlation of this type that every event completes."""
    bounds = () if kind is CorrelationType.TEMPORAL_ORDERED else (Bound(BoundOp.GTE, "1"),)
    return Correlation(kind, 1, 10**9, bounds=bounds, values=(Ref("v", ("v",)),))


def measured(kind: CorrelationType, count: int) -> tuple[float, float]:
    """Seconds, and MB at the peak; apart, since tracing memory costs time."""
    given = matches(count)
    begun = perf_counter()
    correlate(correlation(kind), given)
    seconds = perf_counter() - begun
    given = matches(count)
    tracemalloc.start()
    correlate(correlation(kind), given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, peak / 1e6


def growth(figures: Sequence[float]) -> float:
    """How much more the most events take than the fewest, by event."""
    return figures[-1] / figures[0] * SIZES[0] / SIZES[-1]


def main() -> None:
    """Print a line for each type."""
    for kind in CorrelationType:
        seconds, memory = zip(*(measured(kind, size) for size in SIZES), strict=True)
        times = " ".join(f"{each:6.2f} s" for each in seconds)
        sizes = " ".join(f"{each:6.1f} MB" for each in memory)
        print(f"{kind:17} {times}  x{growth(seconds):.2f}   {sizes}  x{growth(memory):.2f}")


if __name__ == "__main__":
    main()
