"""Times in which something was not live, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.site.history.model import Period, State, StateSpan


@dataclass(frozen=True, slots=True)
class PresenceSpan:
    """A span within the period: both ends are there, and how long it is."""

    state: State
    begin: str
    end: str
    seconds: int
    reason: str
    release: int


def within(spans: Iterable[StateSpan], period: Period) -> list[PresenceSpan]:
    """The spans that reach into the period, cut to it."""
    return [
        PresenceSpan(
            span.state,
            max(span.begin, period.begin),
            min(span.end or period.end, period.end),
            span.seconds(period),
            span.reason,
            span.release,
        )
        for span in spans
        if span.seconds(period)
    ]


def gaps(spans: Iterable[StateSpan], period: Period) -> list[PresenceSpan]:
    """Those in which it was not live."""
    return [span for span in within(spans, period) if span.state != "live"]


def live_seconds(spans: Iterable[StateSpan], period: Period) -> int:
    """How long of the period it was live."""
    return sum(span.seconds(period) for span in spans if span.state == "live")
