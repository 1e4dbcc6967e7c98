"""Windows events as collectors nest them, with the flat field names that Sigma rules use.

Known layouts: `System` with `EventData` or `UserData`, in `Event` or alone (evtx_dump, Velociraptor
and others that turn the event's XML into JSON), `winlog`, also with dotted names (Winlogbeat,
Elastic Agent), `event_data` (Winlogbeat 6) and `win` (Wazuh). The flat fields are added to the
event; a field that is there already stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.events.piece import EventDict

FieldItems = Iterator[tuple[str, Any]]
_ATTRIBUTES, _TEXT = ("#attributes", "@attributes", "$"), ("#text", "$text", "_")
_VALUE = "Value"
"""The text of an element of `System` as Velociraptor has it."""
_APART = "_attributes"
"""How evtx_dump ends the name of attributes that stand beside their element."""
_DOTTED = "winlog."
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

_OLD = {"log_name": "channel", "source_name": "provider_name", "record_number": "record_id"}
_WAZUH = {"providerName": "Provider_Name", "providerGuid": "Provider_Guid"}
_MARKS = frozenset(
    (
        *("Event", "System", "EventData", "event_data", "win", "data"),
        *("winlog", "winlog.channel", "winlog.event_id"),
    )
)
"""One of these is at the top of every layout: most events have none, and cost little."""


def flat(event: EventDict) -> EventDict:
    """The event with flat names of its fields beside the nested ones; any other as it is."""
    if _MARKS.isdisjoint(event):
        return event
    found = next((each for way in _WAYS if (each := way(event)) is not None), None)
    return event if found is None else _added(event, dict(found))


def _xml(event: EventDict) -> FieldItems | None:
    if isinstance(body := event.get("Event"), dict) and isinstance(body.get("System"), dict):
        return _of_xml(body)
    if isinstance(body := event.get("System"), dict) and ("EventID" in body or _data(event)):
        return _of_xml(event)
    if isinstance(event.get("EventData"), dict) and "EventID" in event:
        return _fields(event["EventData"])
    return None


def _winlog(event: EventDict) -> FieldItems | None:
    if isinstance(body := event.get("winlog"), dict):
        return _of_winlog(body)
    if "winlog.channel" in event or "winlog.event_id" in event:
        return _of_winlog(_undotted(event))
    if isinstance(event.get("event_data"), dict) and "log_name" in event:
        return _of_winlog({_OLD.get(name, name): value for name, value in event.items()})
    return None


def _added(event: EventDict, found: EventDict) -> EventDict:
    return {**event, **{name: value for name, value in found.items() if event.get(name) is None}}


def _data(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("EventData"), dict) or isinstance(body.get("UserData"), dict)


def _of_xml(body: Mapping[str, Any]) -> FieldItems:
    """Fields of the data first: `System`, which Windows itself writes, wins over a namesake."""
    for part in ("UserData", "EventData"):
        if isinstance(body.get(part), dict):
            yield from _fields(body[part])
    for tag, value in body["System"].items():
        yield from _system(tag, value)


def _fields(data: Mapping[str, Any]) -> FieldItems:
    for name, value in data.items():
        if name in _ATTRIBUTES or name.startswith("@") or name.endswith(_APART):
            continue
        if name == "Data":
            yield from _named_data(value)
        elif isinstance(value, dict) and (text := _text(value)) is not None:
            yield _plain(name), text
        elif isinstance(value, dict):
            yield from _fields(value)  # UserData has one element around its fields
        elif value is not None:
            yield _plain(name), value


def _named_data(value: Any) -> FieldItems:
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


def _system(tag: str, value: Any) -> FieldItems:
    """A scalar by its name, an attribute as `Tag_Attribute`."""
    if isinstance(value, dict):
        given = _attributes(value) or {k: v for k, v in value.items() if k not in (*_TEXT, _VALUE)}
        for name, attribute in given.items():
            if not isinstance(attribute, dict | list) and attribute is not None:
                yield f"{tag.removesuffix(_APART)}_{name}", attribute
        text = value.get(_VALUE) if _text(value) is None else _text(value)
        value = None if tag.endswith(_APART) else text
    if value is not None and not isinstance(value, dict | list):
        yield tag, value


def _attributes(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = next((value[key] for key in _ATTRIBUTES if key in value), None)
    if found is None:
        return {key[1:]: each for key, each in value.items() if key.startswith("@")}
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any]) -> Any:
    return next((value[key] for key in _TEXT if key in value), None)


def _plain(name: str) -> str:
    return name.replace(" ", "")


def _of_winlog(body: Mapping[str, Any]) -> FieldItems:
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


def _undotted(event: EventDict) -> EventDict:
    """The map `winlog` of an event whose fields have dotted names, as tables of it do."""
    body: EventDict = {}
    for name, value in event.items():
        if name.startswith(_DOTTED):
            part, _, field = name.removeprefix(_DOTTED).partition(".")
            if field:
                body.setdefault(part, {})[field] = value
            else:
                body[part] = value
    return body


def _wazuh(event: EventDict) -> FieldItems | None:
    """Wazuh writes the names with a small first letter, in `win` or in `data.win`."""
    data = event.get("data")
    body = event.get("win") or (data.get("win") if isinstance(data, dict) else None)
    if not isinstance(body, dict) or not isinstance(body.get("system"), dict):
        return None
    parts = (body.get("eventdata"), body["system"])
    return (
        (_WAZUH.get(name, f"{name[:1].upper()}{name[1:]}"), value)
        for part in parts
        if isinstance(part, dict)
        for name, value in part.items()
    )


def _number(value: Any) -> Any:
    """Winlogbeat 7 and later write the event's number as a text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


_WAYS = (_xml, _winlog, _wazuh)
