"""What an alert of a correlation rests on: the events of its window, by id, the newest of them.

One rule for every engine, so that an alert has the same identity wherever it is made: the events of
`W(e)` but `e` in order of time, those of one time by id (code points), the last `MOST_IDS - 1` of
them, then `e`, which completed the correlation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.ir.figures import EventRef, GroupKey

MOST_IDS = 100
"""Events that an alert names; how many there were in all it tells besides."""
MOST_EVENTS, MOST_BYTES = 20, 256 * 1024
"""Events that an alert shows, the newest, and their size as JSON."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An event of a group at which a correlation was judged.

    `time` is in ms since 1970, UTC; `start` is that of its window if the correlation holds, else
    None. `identity` is what identifies the event for people, `event` its place in a run.
    """

    group: GroupKey
    time: int
    identity: str
    event: EventRef
    start: int | None


@dataclass(frozen=True, slots=True)
class Grounds:
    """The newest events of a window, the completing one last, and how many there are in all."""

    members: tuple[Judged, ...]
    count: int

    @property
    def ids(self) -> tuple[str, ...]:
        """What identifies the events."""
        return tuple(member.identity for member in self.members)


def grounds(judged: Iterable[Judged]) -> Iterator[Grounds]:
    """The windows on which a correlation holds, given all events of its groups, in any order."""
    groups: dict[GroupKey, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[each.group].append(each)
    for group in groups.values():
        group.sort(key=lambda each: (each.time, each.identity, each.event))
        times = [each.time for each in group]
        for at, each in enumerate(group):
            if each.start is not None:
                first, end = bisect_left(times, each.start), bisect_right(times, each.time)
                yield Grounds(_newest(group, at, first, end), end - first)


def _newest(group: list[Judged], at: int, first: int, end: int) -> tuple[Judged, ...]:
    """Of the events from `first` to `end`, the one at `at` last."""
    before = group[max(first, end - MOST_IDS) : end]
    if at >= end - len(before):
        before.remove(group[at])
    return (*before[-(MOST_IDS - 1) :], group[at])
