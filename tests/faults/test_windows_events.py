"""Events of Windows, as logs and as other tools lay them out, have the names that Sigma gives."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from evtx_log import evtx
from faults.reading import read
from tocsin.events.reading import read_events
from tocsin.events.windows import flat
from tocsin_runtime.worker.files import FileStream

XML = {
    "Event": {
        "#attributes": {"xmlns": "x"},
        "System": {
            "Provider": {"#attributes": {"Name": "Sysmon"}},
            "EventID": {"#attributes": {"Qualifiers": 7}, "#text": 1},
            "TimeCreated": {"#attributes": {"SystemTime": "2026-01-01T00:00:00Z"}},
            "Channel": "Security",
            "Computer": "pc",
            "Correlation": None,
        },
        "EventData": {"Image": "cmd.exe", "Parent Image": "x", "Channel": "forged"},
    }
}
WINLOG = {
    "@timestamp": "2026-01-01T00:00:00Z",
    "winlog": {
        "channel": "Security",
        "event_id": "1",
        "computer_name": "pc",
        "provider_name": "Sysmon",
        "event_data": {"Image": "cmd.exe", "ParentImage": "x", "Channel": "forged"},
    },
}
FLAT = {
    "Provider_Name": "Sysmon",
    "EventID": 1,
    "Channel": "Security",
    "Computer": "pc",
    "Image": "cmd.exe",
    "ParentImage": "x",
}


LOG = evtx(
    [
        (
            "Event",
            [
                ("System", [("EventID", number), ("Channel", "Security")]),
                ("EventData", [("Image", "cmd.exe")]),
            ],
        )
        for number in ("1", "2")
    ]
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_windows_event_logs_are_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "log"
    path.write_bytes(pack(LOG))
    found = read_events([path])
    names = ("EventID", "Channel", "Image")
    seen = [tuple(event[name] for name in names) for event in found.events]
    assert seen == [("1", "Security", "cmd.exe"), ("2", "Security", "cmd.exe")]
    assert (found.diagnostics, found.read_as) == ([], {"EVTX": 1})
    records = FileStream([path], {}).poll() or []
    assert [orjson.loads(record.value)["Image"] for record in records] == ["cmd.exe"] * 2


def test_a_damaged_record_is_one_finding_and_the_others_are_read(tmp_path: Path) -> None:
    cut = LOG.index("EventID".encode("utf-16-le"))
    found = read(tmp_path, LOG[: cut - 8] + b"\xff" * 8 + LOG[cut:])
    assert 1 <= len(found.diagnostics) <= 2
    assert all("EVTX" in d.message or "record" in d.message for d in found.diagnostics)


@pytest.mark.parametrize(
    ("left", "events"), [(-5, 2), (69_632 + 9, 2), (69_632, 2), (69_631, 0), (4096, 0)]
)
def test_a_log_that_is_cut_short_says_so(tmp_path: Path, left: int, events: int) -> None:
    chunks = (2).to_bytes(2, "little")
    two = LOG[:42] + chunks + LOG[44:] + LOG[4096:]
    assert len(read(tmp_path, two).events) == 4
    found = read(tmp_path, two[:left])
    [said] = found.diagnostics
    wanted = "cut short" if events or left == 4096 else "no record can be read"
    assert (said.code, wanted in said.message) == ("TOC070", True)
    assert len(found.events) == events


def test_without_the_library_one_finding_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evtx", None)
    found = read(tmp_path, LOG)
    [finding] = found.diagnostics
    assert "EVTX" in finding.message
    assert "tocsin[evtx]" in finding.hint


@pytest.mark.parametrize("nested", [XML, WINLOG])
def test_nested_windows_events_have_the_names_of_sigma(
    tmp_path: Path, nested: dict[str, Any]
) -> None:
    content = json.dumps(nested).encode()
    [event] = read(tmp_path, content).events
    assert {name: event[name] for name in FLAT} == FLAT
    assert {name: event[name] for name in nested} == nested
    assert read(tmp_path, content, flatten=False).events == [nested]


XMLTODICT = {
    "Event": {
        "@xmlns": "x",
        "System": {
            "Provider": {"@Name": "Sysmon", "@Guid": "{1}"},
            "EventID": {"@Qualifiers": "", "#text": 1},
            "Channel": "Security",
            "Computer": "pc",
        },
        "EventData": {
            "Data": [
                {"@Name": "Image", "#text": "cmd.exe"},
                {"@Name": "ParentImage", "#text": "x"},
                {"@Name": "Empty"},
            ]
        },
    }
}
APART = {
    "Event": {
        "Event_attributes": {"xmlns": "x"},
        "System": {
            "Provider_attributes": {"Name": "Sysmon"},
            "EventID": 1,
            "EventID_attributes": {"Qualifiers": 0},
            "Channel": "Security",
            "Computer": "pc",
        },
        "EventData": {"Image": "cmd.exe", "ParentImage": "x"},
    }
}
VELOCIRAPTOR = {
    "System": {
        "Provider": {"Name": "Sysmon"},
        "EventID": {"Value": 1},
        "Channel": "Security",
        "Computer": "pc",
    },
    "EventData": {"Image": "cmd.exe", "ParentImage": "x"},
    "Message": "m",
}
DOTTED = {
    "winlog.channel": "Security",
    "winlog.event_id": "1",
    "winlog.computer_name": "pc",
    "winlog.provider_name": "Sysmon",
    "winlog.event_data.Image": "cmd.exe",
    "winlog.event_data.ParentImage": "x",
}
WINLOGBEAT_6 = {
    "log_name": "Security",
    "event_id": 1,
    "computer_name": "pc",
    "source_name": "Sysmon",
    "event_data": {"Image": "cmd.exe", "ParentImage": "x"},
}
WAZUH = {
    "agent": {"name": "a"},
    "data": {
        "win": {
            "system": {
                "eventID": 1,
                "channel": "Security",
                "computer": "pc",
                "providerName": "Sysmon",
            },
            "eventdata": {"image": "cmd.exe", "parentImage": "x", "channel": "forged"},
        }
    },
}


@pytest.mark.parametrize("nested", [XMLTODICT, APART, VELOCIRAPTOR, DOTTED, WINLOGBEAT_6, WAZUH])
def test_layouts_of_other_tools_have_the_names_of_sigma(nested: dict[str, Any]) -> None:
    found = flat(nested)
    assert {name: found[name] for name in FLAT} == FLAT
    assert {name: found[name] for name in nested} == nested
    assert "Empty" not in found


def test_an_event_without_data_has_the_fields_of_its_system() -> None:
    assert flat({"System": {"EventID": {"Value": 0}, "Channel": "c"}})["EventID"] == 0
    assert flat({"EventID": 7, "EventData": {"Image": "a"}})["Image"] == "a"
    assert flat({"System": {"name": "own"}, "win": 1}) == {"System": {"name": "own"}, "win": 1}


def test_a_flat_field_of_the_event_itself_stays() -> None:
    assert flat({**WINLOG, "Channel": "own"})["Channel"] == "own"
    assert flat({"Event": "text", "winlog": 5}) == {"Event": "text", "winlog": 5}


def test_named_data_elements_and_user_data() -> None:
    elements = [{"#attributes": {"Name": "Image"}, "#text": "a"}, "loose"]
    system = {"EventID": 1}
    found = flat({"Event": {"System": system, "EventData": {"Data": elements}}})
    assert (found["Image"], found["Data"]) == ("a", "loose")
    user = {"EventXML": {"#attributes": {"xmlns": "x"}, "Param": "b"}}
    assert flat({"Event": {"System": system, "UserData": user}})["Param"] == "b"


@pytest.mark.shared
def test_flat_names_are_those_of_real_rules(shared: Path) -> None:
    cases = sorted((shared / "corpus" / "regression" / "cases").iterdir())
    compared = 0
    for case in cases:
        raw, wanted = (read_events([case / name]).events for name in ("events.jsonl", "flat.jsonl"))
        for event, names in zip(raw, wanted, strict=True):
            assert {name: event.get(name) for name in names} == names, case.name
            compared += 1
    assert compared > 200
