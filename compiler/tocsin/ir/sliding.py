"""Sliding windows over the events of a group, each with what a correlation counts in it.

So a correlation over n events of a group takes time and memory in proportion to n, however many
events a window holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.ir.correlation import Correlation
from tocsin.ir.figures import FIGURE, Figure, Hit


@dataclass(frozen=True, slots=True)
class Window:
    """W(hit) as a part of the hits of its group: nothing is copied until it is asked for."""

    hits: Sequence[Hit]
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def newest(self, most: int) -> Sequence[Hit]:
        """The last so many hits, in order of time."""
        return self.hits[max(self.start, self.stop - most) : self.stop]


def slide(correlation: Correlation, hits: Sequence[Hit]) -> Iterator[tuple[Hit, Window, Figure]]:
    """Each hit of a group, in order of time, with W(hit) and what is counted there.

    Hits of the same time are in each other's window. The figure is good until the next hit.
    """
    figure = FIGURE[correlation.type](correlation)
    start = stop = 0
    for hit in hits:
        while stop < len(hits) and hits[stop].time <= hit.time:
            figure.add(hits[stop])
            stop += 1
        while hits[start].time < hit.time - correlation.timespan_ms:
            figure.remove(hits[start])
            start += 1
        yield hit, Window(hits, start, stop), figure
