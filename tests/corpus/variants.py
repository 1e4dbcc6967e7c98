"""The regression events in six forms; the suite takes some, with the unchanged one.

As they are; texts upper-cased; lower-cased; and with one field in four removed, null or blank.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from tocsin.ir.text import fold
from whole import share

Event = dict[str, Any]
SHARE = 0.25
CHANGED = 2
"""Forms that a run takes besides the unchanged one."""


def forms(events: list[Event], seed: int = 1) -> list[Event]:
    """All forms of all events, the unchanged ones first."""
    chance = Random(seed)
    changes: list[Callable[[Event], Event]] = [
        lambda event: event,
        lambda event: texts(event, upper),
        lambda event: texts(event, fold),
        lambda event: {k: v for k, v in event.items() if chance.random() > SHARE},
        lambda event: {k: None if chance.random() < SHARE else v for k, v in event.items()},
        lambda event: {k: "" if chance.random() < SHARE else v for k, v in event.items()},
    ]
    return [change(event) for change in changes for event in events]


def some_forms(events: list[Event]) -> list[Event]:
    """The unchanged events, and a share of the changed ones."""
    every, size = forms(events), len(events)
    changed = share(range(1, len(every) // size), CHANGED)
    return [event for at in (0, *changed) for event in every[at * size : (at + 1) * size]]


def upper(text: str) -> str:
    """Upper case by code points that fold back to the same text, as events of other tools have."""
    return "".join(u if len(u := c.upper()) == 1 and fold(u) == fold(c) else c for c in text)


def texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed; keys stay."""
    if isinstance(value, dict):
        return {k: texts(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [texts(v, change) for v in value]
    return change(value) if isinstance(value, str) else value
