"""Windows that slide: what is counted in them is what counting each anew gives, for less."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ir.correlate import BaseMatch, correlate
from tocsin.ir.correlation import (
    Absent,
    Bound,
    BoundOp,
    Correlation,
    CorrelationType,
    Every,
    Occurs,
    Ref,
    within,
)
from tocsin.ir.evaluate import View
from tocsin.ir.figures import Hit
from tocsin.ir.sliding import slide
from tocsin.ir.statistic import decimal_of, percentile

SPAN = 20
RULES = 3
BOUNDS = tuple(Bound(op, number) for op in BoundOp for number in ("0", "2", "2.5"))

hits = st.lists(
    st.builds(
        Hit,
        time=st.integers(0, 12).map(lambda n: n * 5),
        event=st.integers(0, 999).map(lambda n: ("s", n)),
        rules=st.frozensets(st.integers(0, RULES - 1), min_size=1),
        values=st.none() | st.tuples(st.sampled_from(["1", "2", "-2.5", "0.1", "1e2", "x"])),
        view=st.just(View({})),
    ),
    max_size=14,
).map(lambda found: sorted(found, key=lambda hit: (hit.time, hit.event)))


def anew(correlation: Correlation, window: Sequence[Hit], hit: Hit) -> bool:
    """The condition on a window, by its definition."""
    bounds = correlation.bounds
    present = {rule for each in window for rule in each.rules}
    match correlation.type:
        case CorrelationType.EVENT_COUNT:
            return within(bounds, len(window))
        case CorrelationType.VALUE_COUNT:
            return within(bounds, len({each.values for each in window} - {None}))
        case CorrelationType.TEMPORAL:
            return within(bounds, len(present)) if bounds else present == {0, 1}
        case CorrelationType.TEMPORAL_ORDERED:
            return RULES - 1 in hit.rules and chained(window, 0, window[0].time)
        case _:
            return statistic(correlation, window)


def statistic(correlation: Correlation, window: Sequence[Hit]) -> bool:
    texts = [each.values[0] for each in window if each.values is not None]
    numbers = [number for text in texts if (number := decimal_of(text)) is not None]
    if not numbers:
        return False
    if correlation.type in (CorrelationType.VALUE_SUM, CorrelationType.VALUE_AVG):
        averages = correlation.type is CorrelationType.VALUE_AVG
        return within(correlation.bounds, sum(numbers), len(numbers) if averages else 1)
    return within(correlation.bounds, percentile(sorted(map(float, numbers)), "50"))


def chained(window: Sequence[Hit], rule: int, since: int) -> bool:
    if rule == RULES:
        return True
    later = [hit for hit in window if hit.time >= since and rule in hit.rules]
    return any(chained(window, rule + 1, hit.time) for hit in later)


@given(st.sampled_from(CorrelationType), st.sampled_from([(), *zip(BOUNDS, strict=True)]), hits)
def test_a_sliding_figure_is_the_figure_of_the_window(
    kind: CorrelationType, bounds: tuple[Bound, ...], found: list[Hit]
) -> None:
    presence = Every((Occurs(0), Occurs(1), Absent(Occurs(2)))) if not bounds else None
    correlation = Correlation(kind, RULES, SPAN, bounds=bounds, presence=presence)
    for hit, window, figure in slide(correlation, found):
        wanted = [each for each in found if hit.time - SPAN <= each.time <= hit.time]
        assert list(window.newest(len(found))) == wanted
        assert len(window) == len(wanted)
        assert figure.holds(hit) == anew(correlation, wanted, hit), str(figure)


EVERY_TYPE = [
    (kind, {} if kind == "temporal_ordered" else {"gte": "1"}) for kind in CorrelationType
]


@pytest.mark.parametrize(("kind", "bounds"), EVERY_TYPE)
def test_memory_grows_with_events_not_with_windows(
    kind: CorrelationType, bounds: dict[str, str]
) -> None:
    """4,000 events in each other's windows; kept apart, their windows would take 62 MB."""
    made = tuple(Bound(BoundOp(op), number) for op, number in bounds.items())
    one = Correlation(kind, 1, 10**6, bounds=made, values=(Ref("v", ("v",)),))
    events: list[dict[str, Any]] = [{"v": 1 + n % 100} for n in range(4000)]
    matches = [BaseMatch(0, ("s", n), n, View(event)) for n, event in enumerate(events)]
    tracemalloc.start()
    try:
        completed = correlate(one, matches).completed
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(completed) == 4000
    assert peak < 20e6, peak
    last = completed[-1].window
    assert len(last) == 4000
    assert [hit.event[1] for hit in last.newest(100)] == list(range(3900, 4000))
