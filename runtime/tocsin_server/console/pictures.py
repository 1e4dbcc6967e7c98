"""Pictures of times: the alerts of a finding, the events of a window. Drawn as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin_server.console.recorded import SeenWindow

WIDTH, HEIGHT, LANE = 1000, 40, 26
BUCKETS = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """Alerts of a part of the time: a rectangle of this height, and what it stands for."""

    x: float
    width: float
    height: float
    number: int
    begin: int


@dataclass(frozen=True, slots=True)
class Dot:
    """An event in a window, in the lane of a rule."""

    x: float
    y: float
    event: int
    time: int


@dataclass(frozen=True, slots=True)
class WindowPicture:
    """Lanes of rules, with their events."""

    height: int
    lanes: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]


def bars(first: int, last: int, numbers: Mapping[int, int]) -> list[Bar]:
    """Alerts by the parts of the time between the first and the last."""
    most, width = max(numbers.values(), default=1), WIDTH / BUCKETS
    step = (last - first + 1) / BUCKETS
    return [
        Bar(
            x=round(bucket * width, 1),
            width=width - 2,
            height=round(6 + (HEIGHT - 6) * number / most, 1),
            number=number,
            begin=int(first + bucket * step),
        )
        for bucket, number in sorted(numbers.items())
    ]


def window_picture(window: SeenWindow) -> WindowPicture:
    """The events of a window, a lane for each rule."""
    lanes = {rule: LANE * n + LANE / 2 for n, rule in enumerate(window.rules)}
    span = max(1, window.end - window.begin)
    dots = [
        Dot(
            x=round(8 + (WIDTH - 16) * (each.time - window.begin) / span, 1),
            y=lanes[rule],
            event=each.event,
            time=each.time,
        )
        for each in window.members
        for rule in each.rules
    ]
    told = tuple((y, rule) for rule, y in lanes.items())
    return WindowPicture(LANE * len(lanes), told, tuple(dots))
