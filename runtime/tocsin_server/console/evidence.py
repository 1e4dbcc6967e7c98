"""What the bytes of an alert tell: its events, and which release raised it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin_server.alerts.models import Alert
from tocsin_server.console.recorded import Raised

MOST_FIELDS, MOST_TEXT = 300, 2000
_INDENTED = orjson.OPT_INDENT_2


@dataclass(frozen=True, slots=True)
class EventRow:
    """A field of an event: its path and its value, as text. `cut`: whether there is more of it."""

    path: str
    value: str
    cut: bool


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event as a table, and as JSON. `left_out`: fields that the table does not have."""

    rows: Sequence[EventRow]
    left_out: int
    json: str


@dataclass(frozen=True, slots=True)
class AlertEvidence:
    """`total`: how many events the alert rests on, of which it carries `events`."""

    raised: Raised
    project: str
    source: str
    worker: str
    total: int
    group: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    references: Sequence[str]
    false_positives: Sequence[str]
    description: str
    playbook: str
    owner: str
    tags: Sequence[str]

    @property
    def shown(self) -> list[EventShown]:
        """The events as they are shown."""
        return [_shown(event) for event in self.events]


def evidence_of(alert: Alert) -> AlertEvidence:
    """What an alert says. Its form was looked at when it was stored, as far as the store needs."""
    data = orjson.loads(alert.body)["data"]
    own = data["unmapped"]["tocsin"]
    raised = Raised(alert.environment, alert.release, alert.detection, _text(own, "logic"))
    events = [_event(each) for each in _list(data, "evidences")]
    known = [event for event in events if event is not None]
    total = own.get("event_count")
    return AlertEvidence(
        raised=raised,
        project=_text(own, "project"),
        source=_text(own, "source"),
        worker=_text(_map(_map(data, "metadata"), "product"), "version"),
        total=total if isinstance(total, int) else len(known),
        group=_map(own, "group_key"),
        events=known,
        references=_texts(own, "references"),
        false_positives=_texts(own, "falsepositives"),
        description=_text(_map(data, "finding_info"), "desc"),
        playbook=_text(own, "playbook"),
        owner=_text(own, "owner"),
        tags=_texts(own, "tags"),
    )


def _event(given: object) -> Mapping[str, Any] | None:
    data = given.get("data") if isinstance(given, dict) else None
    return data if isinstance(data, dict) else None


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    return found if isinstance(found, str) else ""


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    return found if isinstance(found, list) else []


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    return [each for each in _list(given, name) if isinstance(each, str)]


def _map(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _shown(event: Mapping[str, Any]) -> EventShown:
    rows: list[EventRow] = []
    number = 0
    for path, value in _leaves(event):
        number += 1
        if len(rows) < MOST_FIELDS:
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            rows.append(EventRow(path, text[:MOST_TEXT], len(text) > MOST_TEXT))
    text = orjson.dumps(event, option=_INDENTED).decode()
    return EventShown(rows, number - len(rows), text)


def _leaves(event: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Paths and values, in the order of the event; maps are gone through without recursion."""
    left: list[tuple[str, Any]] = [("", event)]
    while left:
        path, value = left.pop()
        if isinstance(value, dict) and value:
            before = f"{path}." if path else ""
            left += [(f"{before}{key}", below) for key, below in reversed(value.items())]
        else:
            yield path, value
