"""The events of a case as an engine sees them: event time and values set, in order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from tocsin.ir.text import scalars, walk
from tocsin.ir.times import time_value
from tocsin.model.detection import Case, CaseEvent
from tocsin.model.source import Source

START = 1_767_225_600_000
"""Event time of `at: 0s`: 2026-01-01T00:00:00Z in milliseconds."""

Numbered = tuple[int, dict[str, Any]]
"""An event and its number in the case."""


def arrivals(case: Case, sources: Sequence[Source], shift: int = 0) -> list[Numbered]:
    """The events in order of arrival; equal arrivals keep the file's order.

    Event times start `shift` milliseconds after START, in the time field of every source.
    """
    order = sorted(range(len(case.events)), key=lambda n: case.events[n].arrives)
    return [(n, _event(case.events[n], sources, shift)) for n in order]


def in_time(case: Case, numbers: Iterable[int]) -> list[int]:
    """Numbers of events in the order of their time, equal times in the file's order."""
    return sorted(numbers, key=lambda n: (case.events[n].at, n))


def tells_time(event: CaseEvent, sources: Sequence[Source]) -> bool:
    """Whether the event itself sets a source's time field, so that `at` does not."""
    paths = (column.path for s in sources if (column := s.column(s.time_field)))
    return any(walk(event.body, path) is not None for path in paths)


def _event(event: CaseEvent, sources: Sequence[Source], shift: int) -> dict[str, Any]:
    body = deepcopy(event.body)
    time = START + event.at + shift
    for source in sources:
        column = source.column(source.time_field)
        if column:
            _set_default(body, column.path, time_value(time, source.time_unit))
        values = source.column(source.values_column)
        if values:
            _set_default(body, values.path, list(scalars(body)))
    return body


def _set_default(body: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        below = body.setdefault(part, {})
        if not isinstance(below, dict):
            return
        body = below
    body.setdefault(path[-1], value)
