"""The events of a case as an engine sees them: event time set, in order of arrival."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.model.detection import Case, CaseEvent
from tocsin.model.source import Source

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Event time of `at: 0s`."""


def arrivals(case: Case, source: Source) -> list[tuple[int, dict[str, Any]]]:
    """(number in the case, event), in order of arrival; equal arrivals keep the file's order."""
    order = sorted(range(len(case.events)), key=lambda n: case.events[n].arrives)
    return [(n, _event(case.events[n], source)) for n in order]


def in_time(case: Case, numbers: Iterable[int]) -> list[int]:
    """Numbers of events in the order of their time, equal times in the file's order."""
    return sorted(numbers, key=lambda n: (case.events[n].at, n))


def _event(event: CaseEvent, source: Source) -> dict[str, Any]:
    body = deepcopy(event.body)
    column = source.column(source.time_field)
    if column:
        moment = START + timedelta(milliseconds=event.at)
        text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _set_default(body, column.path, text)
    return body


def _set_default(body: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for part in path[:-1]:
        below = body.setdefault(part, {})
        if not isinstance(below, dict):
            return
        body = below
    body.setdefault(path[-1], value)
