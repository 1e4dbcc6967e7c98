"""The events on which edits are tried, and what the evaluator finds in them after a swap."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from correlation_cases import time_text
from tocsin.ir.evaluate import View
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.stream import clock_of, completions, observe
from tocsin.model.source import Source

Event = dict[str, Any]
Found = tuple[str, int, tuple[str, ...]]
"""Source, number of the event that completes, group."""

USERS = ("ada", "bob", "cyd")
KINDS = ("a", "b", "c", "ab", "ac", "bc", "abc", "x")
HALF = 260
_STEADY = 12
"""Events at the start of the second half that are newer than all before."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Events in order of arrival, those before the swap and those after it."""

    first: tuple[Event, ...]
    second: tuple[Event, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """All of them."""
        return self.first + self.second

    @property
    def without_first(self) -> tuple[Event, ...]:
        """What a job that starts at the swap knows; events keep their numbers."""
        return ({},) * len(self.first) + self.second


def stream(seed: int) -> Stream:
    """About one event a second, many of them out of order, some late."""
    draw = random.Random(seed)
    clock, made = 0, []
    for number in range(2 * HALF):
        clock += draw.choice((200, 600, 1000, 1400, 1800))
        behind = draw.choice((0, 0, 0, 900, 4000, 11_000, 24_000, 29_999, 38_000, 55_000))
        steady = HALF <= number < HALF + _STEADY
        made.append(_event(draw, clock if steady else max(0, clock - behind)))
    return Stream(tuple(made[:HALF]), tuple(made[HALF:]))


def _event(draw: random.Random, time: int) -> Event:
    event: Event = {
        "kind": draw.choice(KINDS),
        "user": draw.choice(USERS),
        "User": draw.choice(USERS),
        "number": draw.choice((*range(1, 10), "7", "many")),
        "amount": draw.choice(("0.5", "2", "3.25", "5", "7.5", "9", "12", "none")),
        "flag": draw.choice((True, False)),
        "time": time_text(time),
        "seen": time_text(time + draw.choice((0, 500, 20_000))),
    }
    for field in ("user", "User", "amount"):
        if draw.random() < 0.05:
            del event[field]
    return event


def told_ms(sources: Iterable[Source], events: Sequence[Event]) -> int:
    """The watermark of a job that has read these events from each of its sources."""
    marks = []
    for source in sources:
        clock = clock_of(source)
        times = [clock(View(event, source.renamed)) for event in events]
        latest = max(time for time in times if time is not None)
        marks.append(latest - (source.lateness_ms or 0) - 1)
    return min(marks)


def after_swap(query: CorrelationQuery, events: Sequence[Event], watermark: int) -> list[Found]:
    """What the evaluator finds in all events, later than what the old job has told."""
    seen = observe(query.events, events)
    return sorted(
        (done.event[0], done.event[1], done.group)
        for done in completions(query, seen).completed
        if done.time > watermark
    )
