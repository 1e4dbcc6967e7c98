"""When something was in which state, as a picture: spans of the period as bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.site.history.model import Period, StateSpan
from tocsin.site.pages.words import moment

WIDTH = 1000
"""Of a picture, in its own units."""
_THINNEST = 1.5


@dataclass(frozen=True, slots=True)
class TimelineBar:
    """A span as it is drawn."""

    state: str
    x: str
    width: str
    words: str


def bars(spans: Iterable[StateSpan], period: Period) -> list[TimelineBar]:
    """Those of the period in which something was there."""
    found = []
    for span in spans:
        begin, end = max(span.begin, period.begin), min(span.end or period.end, period.end)
        if span.state == "absent" or begin >= end:
            continue
        x = _place(begin, period)
        width = max(_place(end, period) - x, _THINNEST)
        words = f"{span.state}: {moment(begin)} to {moment(end)}"
        found.append(TimelineBar(span.state, _short(x), _short(width), words))
    return found


def path(drawn: Sequence[TimelineBar], state: str, top: int, height: int) -> str:
    """All bars of a state as one path: one node, however many there are."""
    of_state = (bar for bar in drawn if bar.state == state)
    return "".join(f"M{bar.x} {top}h{bar.width}v{height}h-{bar.width}z" for bar in of_state)


def _place(at: str, period: Period) -> float:
    begin, end = (datetime.fromisoformat(text) for text in (period.begin, period.end))
    whole = (end - begin).total_seconds() or 1.0
    return WIDTH * (datetime.fromisoformat(at) - begin).total_seconds() / whole


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
