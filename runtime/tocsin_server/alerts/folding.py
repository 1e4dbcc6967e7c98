"""Which finding an alert belongs to, by the event time of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Folded:
    """A finding as far as alerts change it: event times of the first and the last, their number."""

    id: str
    first: int
    last: int
    count: int
    is_new: bool = False

    def takes(self, time: int, window: int) -> bool:
        """Whether it still covers less than the window with an alert of this time."""
        return max(self.last, time) - min(self.first, time) < window

    def add(self, time: int) -> None:
        """One more alert of this time."""
        self.first, self.last = min(self.first, time), max(self.last, time)
        self.count += 1


def finding_for(time: int, window: int, findings: Iterable[Folded]) -> Folded | None:
    """The earliest of a key's findings that takes an alert of this time."""
    taking = (each for each in findings if each.takes(time, window))
    return min(taking, key=lambda each: (each.first, each.id), default=None)
