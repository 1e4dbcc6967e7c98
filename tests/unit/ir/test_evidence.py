"""What alerts of correlations rest on: the rule said once more, as slowly as it can be."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ir.evidence import MOST_BYTES, MOST_EVENTS, MOST_IDS, Judged, grounds
from tocsin_runtime.alerts.alert import bounded

SPAN = 5


@st.composite
def groups(draw: st.DrawFn) -> list[Judged]:
    """Events of two groups, many of one time or one id, more of them than an alert names."""
    some = st.tuples(
        st.sampled_from("gh"), st.integers(0, 9), st.sampled_from("aB\uffff\U00010000")
    )
    drawn = draw(st.lists(some, max_size=40)) * draw(st.sampled_from([1, 2, 7]))
    held = draw(st.sets(st.integers(0, len(drawn))))
    return [
        Judged((group,), time, name, ("s", n), time - SPAN if n in held else None)
        for n, (group, time, name) in enumerate(drawn)
    ]


def said(judged: Sequence[Judged], done: Judged) -> tuple[list[str], int]:
    """The ids of the alert at this event, and the number of all."""
    seen = [
        each
        for each in judged
        if each.group == done.group and done.time - SPAN <= each.time <= done.time
    ]
    others = sorted((each.time, each.identity) for each in seen if each is not done)
    newest = [name for _, name in others][-(MOST_IDS - 1) :]
    return [*newest, done.identity], len(seen)


@given(groups())
def test_the_newest_events_of_the_window_and_the_completing_one_last(judged: list[Judged]) -> None:
    found = {
        window.members[-1].event: (list(window.ids), window.count) for window in grounds(judged)
    }
    assert found == {each.event: said(judged, each) for each in judged if each.start is not None}


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ([10] * 30, MOST_EVENTS),
        ([10, MOST_BYTES, 10], 1),
        ([10, MOST_BYTES], 0),
        ([MOST_BYTES // 2] * 3, 1),
        ([], 0),
    ],
)
def test_an_alert_shows_so_many_events_and_bytes(sizes: list[int], kept: int) -> None:
    events: list[dict[str, Any]] = [{"n": n, "t": "x" * size} for n, size in enumerate(sizes)]
    shown = bounded(events)
    assert list(shown) == events[len(events) - kept :]
    assert sum(len(json.dumps(event)) for event in shown) <= MOST_BYTES
