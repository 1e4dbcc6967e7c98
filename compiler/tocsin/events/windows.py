"""Windows events as collectors nest them, with the flat field names that Sigma rules use.

Known layouts: `Event.System` with `Event.EventData` or `Event.UserData` (evtx_dump and others that
turn the event's XML into JSON) and `winlog` (Winlogbeat, Elastic Agent). The flat fields are added
to the event; a field that is there already stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Event = dict[str, Any]
_ATTRIBUTES, _TEXT = ("#attributes", "@attributes"), ("#text", "$text", "_")
_WINLOG = {
    "channel": "Channel",
    "computer_name": "Computer",
    "provider_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "record_id": "EventRecordID",
    "task": "Task",
    "opcode": "Opcode",
    "version": "Version",
}


def flat(event: Event) -> Event:
    """The event with flat names of its fields beside the nested ones; any other as it is."""
    if isinstance(body := event.get("Event"), dict) and isinstance(body.get("System"), dict):
        return _added(event, dict(_of_xml(body)))
    if isinstance(body := event.get("winlog"), dict):
        return _added(event, dict(_of_winlog(body)))
    if isinstance(body := event.get("System"), dict) and _data(event):
        return _added(event, dict(_of_xml(event)))
    return event


def _added(event: Event, found: Event) -> Event:
    return {**event, **{name: value for name, value in found.items() if event.get(name) is None}}


def _data(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("EventData"), dict) or isinstance(body.get("UserData"), dict)


def _of_xml(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields of the data first: `System`, which Windows itself writes, wins over a namesake."""
    for part in ("UserData", "EventData"):
        if isinstance(body.get(part), dict):
            yield from _fields(body[part])
    for tag, value in body["System"].items():
        yield from _system(tag, value)


def _fields(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if name in _ATTRIBUTES:
            continue
        if name == "Data":
            yield from _named_data(value)
        elif isinstance(value, dict) and (text := _text(value)) is not None:
            yield _plain(name), text
        elif isinstance(value, dict):
            yield from _fields(value)  # UserData has one element around its fields
        elif value is not None:
            yield _plain(name), value


def _named_data(value: Any) -> Iterator[tuple[str, Any]]:
    """`<Data Name="X">` that was kept as an element; without a name it is the field `Data`."""
    loose = []
    for each in value if isinstance(value, list) else [value]:
        name = _attributes(each).get("Name") if isinstance(each, dict) else None
        text = _text(each) if isinstance(each, dict) else each
        if isinstance(name, str) and text is not None:
            yield _plain(name), text
        elif text is not None:
            loose.append(text)
    if loose:
        yield "Data", loose if len(loose) > 1 else loose[0]


def _system(tag: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A scalar by its name, an attribute as `Tag_Attribute`."""
    if isinstance(value, dict):
        given = _attributes(value) or {k: v for k, v in value.items() if k not in _TEXT}
        for name, attribute in given.items():
            if not isinstance(attribute, dict | list) and attribute is not None:
                yield f"{tag}_{name}", attribute
        value = _text(value)
    if value is not None and not isinstance(value, dict | list):
        yield tag, value


def _attributes(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = next((value[key] for key in _ATTRIBUTES if key in value), None)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any]) -> Any:
    return next((value[key] for key in _TEXT if key in value), None)


def _plain(name: str) -> str:
    return name.replace(" ", "")


def _of_winlog(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for part in ("user_data", "event_data"):
        if isinstance(body.get(part), dict):
            yield from _fields(body[part])
    for name, sigma in _WINLOG.items():
        if body.get(name) is not None:
            yield sigma, body[name]
    if (number := _number(body.get("event_id"))) is not None:
        yield "EventID", number
    process = body.get("process")
    if isinstance(process, dict) and process.get("pid") is not None:
        yield "Execution_ProcessID", process["pid"]


def _number(value: Any) -> Any:
    """Winlogbeat 7 and later write the event's number as a text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value
