"""Alerts: identity, and the shapes that others expect of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.ir.times import millis_text
from tocsin.model.source import TimeUnit
from tocsin_runtime.alerts.alert import SEVERITIES, Evidence, Origin, alert, alert_id
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.stream.deployment import Described

NOW = 1_767_225_605_000
DESCRIBED = Described(
    id="d1",
    title="A title",
    level="high",
    description="Words.",
    author="Ann Author",
    license="DRL-1.1",
    tags=("attack.persistence", "attack.t1098", "attack.t1098.003", "attack.tool"),
    version=7,
    release=12,
)
EVIDENCE = Evidence(
    logic="l" * 64,
    source="audit",
    event_ids=("e1",),
    events=({"id": "e1"},),
    group_key=(("account", "a1"),),
    start=NOW - 5000,
    end=NOW - 4000,
)


def made(**changes: Any) -> dict[str, Any]:
    return alert(replace(DESCRIBED, **changes), Origin("shop", "prod"), EVIDENCE, NOW)


# Attributes that the schema (1.5.0) requires, by object, with their types.
REQUIRED: dict[str, dict[str, type]] = {
    "": {
        "activity_id": int,
        "category_uid": int,
        "class_uid": int,
        "finding_info": dict,
        "metadata": dict,
        "severity_id": int,
        "time": int,
        "type_uid": int,
    },
    "metadata": {"product": dict, "version": str},
    "metadata.product": {"vendor_name": str, "name": str},
    "finding_info": {"uid": str, "title": str},
    "finding_info.analytic": {"type_id": int, "uid": str, "name": str},
}


@pytest.mark.parametrize("place", REQUIRED)
def test_what_ocsf_requires_is_there(place: str) -> None:
    value = made()["data"]
    for part in filter(None, place.split(".")):
        value = value[part]
    found = {key: type(value.get(key)) for key in REQUIRED[place]}
    assert found == REQUIRED[place]


def test_class_category_activity_and_type_agree() -> None:
    data = made()["data"]
    assert data["class_uid"] == 2004
    assert data["category_uid"] == data["class_uid"] // 1000
    assert data["type_uid"] == data["class_uid"] * 100 + data["activity_id"] == 200401
    # Attributes of the class that are used besides: none is invented, all others are in `unmapped`.
    assert set(data) == {*REQUIRED[""], *OPTIONAL}


OPTIONAL = {
    "activity_name",
    "category_name",
    "class_name",
    "type_name",
    "severity",
    "status_id",
    "status",
    "is_alert",
    "start_time",
    "end_time",
    "message",
    "evidences",
    "unmapped",
}


def test_severities_are_those_of_the_schema() -> None:
    levels = ["informational", "low", "medium", "high", "critical"]
    assert [SEVERITIES[level][0] for level in levels] == [1, 2, 3, 4, 5]
    assert made(level="")["data"]["severity_id"] == 0


def test_attacks_name_technique_and_sub_technique() -> None:
    assert made()["data"]["finding_info"]["attacks"] == [
        {"technique": {"uid": "T1098"}},
        {"technique": {"uid": "T1098"}, "sub_technique": {"uid": "T1098.003"}},
    ]


def test_the_envelope_is_a_cloud_event() -> None:
    envelope = made()
    assert {k: v for k, v in envelope.items() if k != "data"} == {
        "specversion": "1.0",
        "id": envelope["data"]["finding_info"]["uid"],
        "source": "/tocsin/shop/prod",
        "type": "tocsin.alert.created",
        "subject": "d1",
        "time": "2026-01-01T00:00:05.000Z",
        "datacontenttype": "application/json",
        "dataschema": "https://schema.ocsf.io/1.5.0/classes/detection_finding",
    }
    # Attribute names of CloudEvents are lower-case letters and digits.
    assert all(name.isalnum() and name == name.lower() for name in envelope)


def test_the_alert_says_who_wrote_it_and_what_is_deployed() -> None:
    told = made()["data"]["unmapped"]["tocsin"]
    assert told["detection"] == "d1"
    assert (told["version"], told["release"]) == (7, 12)
    assert (told["author"], told["license"]) == ("Ann Author", "DRL-1.1")
    assert told["event_ids"] == ["e1"]
    assert told["group_key"] == {"account": "a1"}
    assert made()["data"]["finding_info"]["analytic"]["version"] == "7"


def test_times_of_events_are_left_out_where_unknown() -> None:
    data = alert(DESCRIBED, Origin("a", "b"), replace(EVIDENCE, start=None, end=None), NOW)["data"]
    assert "start_time" not in data
    assert "end_time" not in data


def test_the_identity_depends_on_detection_logic_group_and_events_alone() -> None:
    first = alert_id("d1", EVIDENCE)
    assert len(first) == 64
    assert alert_id("d1", replace(EVIDENCE, events=(), start=1, source="x")) == first
    different = {
        alert_id("d2", EVIDENCE),
        alert_id("d1", replace(EVIDENCE, logic="m" * 64)),
        alert_id("d1", replace(EVIDENCE, event_ids=("e2",))),
        alert_id("d1", replace(EVIDENCE, event_ids=("e1", "e2"))),
        alert_id("d1", replace(EVIDENCE, group_key=(("account", "a2"),))),
    }
    assert len(different | {first}) == 6
    assert made(title="Other", level="low", version=8)["id"] == made()["id"] == first


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("2026-01-01T00:00:00.5+0100", "", 1767222000500),
        (["2026-01-01"], "", 1767225600000),
        (1767225600, "", None),
        (1767225600, "s", 1767225600000),
        (1767225600.1239, "s", 1767225600123),
        ("1767225600", "s", 1767225600000),
        (1767225600123, "ms", 1767225600123),
        (-5, "s", -5000),
        ("2026-01-01", "s", None),
        (True, "s", None),
        (1e30, "s", None),
        ([1, 2], "s", None),
        (None, "s", None),
        ({}, "s", None),
    ],
)
def test_event_times(value: Any, unit: str, expected: int | None) -> None:
    binding = Binding("d", "l", "s", time_field="t", time_unit=TimeUnit(unit))
    assert binding.time_of({"t": value}) == expected


def test_milliseconds_as_text() -> None:
    assert millis_text(1767225600007) == "2026-01-01T00:00:00.007Z"
    assert datetime.fromisoformat(millis_text(-750)) == datetime(
        1969, 12, 31, 23, 59, 59, 250_000, UTC
    )
