"""Spans as bars of a picture, and what is said of them in words."""

from __future__ import annotations

import pytest

from tocsin.site.history.model import Period, StateSpan
from tocsin.site.pages import spans, timeline, words

PERIOD = Period("2026-01-01T00:00:00+00:00", "2026-01-11T00:00:00+00:00")
SPANS = (
    StateSpan("absent", "2025-12-01T00:00:00+00:00", "2025-12-20T00:00:00+00:00", 0, "not there"),
    StateSpan("live", "2025-12-20T00:00:00+00:00", "2026-01-06T00:00:00+00:00", 1, "added"),
    StateSpan("absent", "2026-01-06T00:00:00+00:00", "2026-01-07T00:00:00+00:00", 2, "removed"),
    StateSpan("live", "2026-01-07T00:00:00+00:00", "", 3, "added"),
)


def test_bars_are_cut_to_the_period_and_gaps_are_empty() -> None:
    drawn = timeline.bars(SPANS, PERIOD)
    assert [(bar.x, bar.width) for bar in drawn] == [("0", "500"), ("600", "400")]
    assert timeline.path(drawn, "live", 1, 2) == "M0 1h500v2h-500zM600 1h400v2h-400z"
    assert timeline.path(drawn, "shadow", 1, 2) == ""


def test_gaps_have_their_reason_and_release() -> None:
    [gap] = spans.gaps(SPANS, PERIOD)
    assert (gap.seconds, gap.reason, gap.release) == (86_400, "removed", 2)
    assert spans.live_seconds(SPANS, PERIOD) == 9 * 86_400


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (61, "1 min"), (3_600, "1 h"), (5_400, "1 h 30 min"), (90_000, "1 day 1 h")],
)
def test_durations(seconds: int, said: str) -> None:
    assert words.how_long(seconds) == said


def test_a_time_never_breaks() -> None:
    assert words.when("2026-01-01T09:30:00+00:00") == "<time>2026-01-01 09:30</time>"
    assert not words.when("")
