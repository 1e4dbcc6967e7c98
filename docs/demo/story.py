"""What stands in attack.yml and lookalikes.yml, as events with their times."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from people import Event, Timed

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """Events of one source that belong together."""

    what: str
    source: str
    alerts: int
    events: tuple[Timed, ...]


def steps(name: str) -> list[Step]:
    """The steps of a file."""
    told = yaml.safe_load((HERE / name).read_text("utf-8"))
    return [
        Step(each["step"], each["source"], each.get("alerts", 0), tuple(_events(each)))
        for each in told
    ]


def _events(step: dict[str, Any]) -> Iterator[Timed]:
    for event in step["events"]:
        at, each = event.pop("at"), event.pop("each", None)
        whole = merged(step.get("base", {}), event)
        hours, minutes, seconds = map(int, at.split(":"))
        start = float(hours * 3600 + minutes * 60 + seconds)
        if each is None:
            yield start, whole
            continue
        for n, value in enumerate(each["values"]):
            yield start + n * each["every"], put(deepcopy(whole), each["field"].split("."), value)


def merged(base: Event, more: Event) -> Event:
    """Both, maps within maps as well."""
    both = deepcopy(base)
    for key, value in more.items():
        below = both.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            both[key] = merged(below, value)
        else:
            both[key] = value
    return both


def put(event: Event, path: list[str] | tuple[str, ...], value: Any) -> Event:
    """The event, with this value there."""
    *parents, last = path
    inner = event
    for part in parents:
        inner = inner.setdefault(part, {})
    inner[last] = value
    return event
