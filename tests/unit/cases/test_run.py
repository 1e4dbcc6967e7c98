"""Cases: events as an engine sees them, verdicts, JUnit."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from authoring import SOURCE, project, rule
from tocsin.cases.events import arrivals, in_time
from tocsin.cases.judge import CaseVerdict
from tocsin.cases.junit import junit
from tocsin.cases.run import run_evaluator
from tocsin.front.project import load_project
from tocsin.ir.query import Query


def query(root: Path, events: list[Any], expect: dict[str, Any], **changes: Any) -> Query:
    tests = [{"name": "the case", "events": events, "expect": expect}]
    loaded = load_project(project(root, {"refund.yml": rule(tocsin={"tests": tests}, **changes)}))
    assert loaded.diagnostics == ()
    [found] = loaded.queries
    return found


def verdict(root: Path, events: list[Any], expect: dict[str, Any], **changes: Any) -> CaseVerdict:
    [found] = run_evaluator([query(root, events, expect, **changes)])
    return found


FIRES, SILENT = {"action": "refund"}, {"action": "sale"}


@pytest.mark.parametrize(
    ("events", "expect"),
    [
        ([FIRES], {"alerts": 1}),
        ([SILENT], {"alerts": 0}),
        ([FIRES, SILENT, FIRES], {"alerts": 2, "events": [0, 2]}),
        ([FIRES, SILENT, FIRES], {"events": [2, 0]}),
        ([SILENT], {"events": []}),
        ([{**FIRES, "amount": 5}], {"alerts": 1, "first": {"amount": "5"}}),
        ([{**FIRES, "user": {"name": "a"}}], {"alerts": 1, "first": {"user.name": "a"}}),
        ([{**FIRES, "user": {"name": "a", "id": 1}}], {"alerts": 1, "last": {"user": {"id": 1}}}),
        ([{**FIRES, "tags": ["a", "b"]}], {"alerts": 1, "first": {"tags": ["a", "b"]}}),
        ([FIRES], {"alerts": 1, "first": {"amount": None}}),
        ([{**FIRES, "amount": 1}, {**FIRES, "amount": 2}], {"alerts": 2, "last": {"amount": 2}}),
    ],
)
def test_cases_that_pass(tmp_path: Path, events: list[Any], expect: dict[str, Any]) -> None:
    found = verdict(tmp_path, events, expect)
    assert found.problems == ()
    assert found.ok
    assert found.why == ()


@pytest.mark.parametrize(
    ("events", "expect", "problem"),
    [
        ([FIRES], {"alerts": 0}, "expected 0 alerts, got 1 (events 0)"),
        ([SILENT], {"alerts": 1}, "expected 1 alert, got 0"),
        ([FIRES, FIRES], {"events": [0]}, "expected alerts on events [0], got [0, 1]"),
        ([FIRES], {"events": [0, 7]}, "expected alerts on events [0, 7], got [0]"),
        ([SILENT], {"events": [7]}, "expected alerts on events [7], got []"),
        (
            [FIRES],
            {"alerts": 1, "first": {"amount": 5}},
            "the first alert has amount = None, expected 5",
        ),
        (
            [SILENT],
            {"alerts": 0, "first": {"amount": 5}},
            "expected the first alert to have {'amount': 5}, got no alert",
        ),
        (
            [{**FIRES, "user": {"name": "a"}}],
            {"alerts": 1, "first": {"user": {"name": "b"}}},
            "the first alert has user = {'name': 'a'}, expected {'name': 'b'}",
        ),
        (
            [{**FIRES, "tags": ["a"]}],
            {"alerts": 1, "last": {"tags": ["a", "b"]}},
            "the last alert has tags = ['a'], expected ['a', 'b']",
        ),
        (
            [{**FIRES, "tags": [{"a": 1}]}],
            {"alerts": 1, "last": {"tags": [{"a": 2}]}},
            "the last alert has tags = [{'a': 1}], expected [{'a': 2}]",
        ),
    ],
)
def test_cases_that_fail(
    tmp_path: Path, events: list[Any], expect: dict[str, Any], problem: str
) -> None:
    found = verdict(tmp_path, events, expect)
    assert found.problems == (problem,)
    assert not found.ok


def test_a_failure_shows_what_decided(tmp_path: Path) -> None:
    found = verdict(tmp_path, [SILENT], {"alerts": 1})
    told = "\n".join(found.why)
    assert "event 0 does not alert" in told
    assert "- action is 'refund'   (event: 'sale')" in told
    assert found.file.endswith("refund.yml")
    assert found.line > 1


def test_event_time_is_set_from_at(tmp_path: Path) -> None:
    events = [{"at": "1500ms", **FIRES}, {"at": "-1d", **FIRES}, {"time": "x", **FIRES}]
    found = query(tmp_path, events, {"alerts": 3})
    case = found.detection.cases[0]
    times = {n: e["time"] for n, e in arrivals(case, found.sources)}
    assert times == {0: "2026-01-01T00:00:01.500Z", 1: "2025-12-31T00:00:00.000Z", 2: "x"}
    assert "time" not in case.events[0].body, "the case itself is not changed"


def test_a_nested_time_field(tmp_path: Path) -> None:
    source = SOURCE.replace("field: time", "field: meta.time")
    source = source.replace("  time: timestamp", "  meta.time: timestamp")
    tests = [{"name": "x", "events": [FIRES, {**FIRES, "meta": 5}], "expect": {"alerts": 2}}]
    root = project(tmp_path, {"r.yml": rule(tocsin={"tests": tests})}, source)
    [found] = load_project(root).queries
    bodies = [e for _, e in arrivals(found.detection.cases[0], found.sources)]
    assert bodies[0]["meta"] == {"time": "2026-01-01T00:00:00.000Z"}
    assert bodies[1]["meta"] == 5, "a text in the way stays"


def test_the_field_of_all_values_is_filled(tmp_path: Path) -> None:
    source = SOURCE.replace("fields:", "values: tags\nfields:")
    tests = [{"name": "x", "events": [FIRES, {**FIRES, "tags": []}], "expect": {"alerts": 2}}]
    root = project(tmp_path, {"r.yml": rule(tocsin={"tests": tests})}, source)
    [found] = load_project(root).queries
    bodies = [e for _, e in arrivals(found.detection.cases[0], found.sources)]
    assert {"refund", bodies[0]["time"]} <= set(bodies[0]["tags"])
    assert bodies[1]["tags"] == []


def test_order_of_arrival_and_order_of_time(tmp_path: Path) -> None:
    events = [
        {"at": "10m", **FIRES},
        {"at": "6m", "arrives": "11m", **FIRES},
        {"at": "6m", **FIRES},
        {"at": "6m", **FIRES},
    ]
    found = query(tmp_path, events, {"alerts": 4})
    case = found.detection.cases[0]
    assert [n for n, _ in arrivals(case, found.sources)] == [2, 3, 0, 1]
    assert in_time(case, [0, 3, 2, 1]) == [1, 2, 3, 0]


def test_first_and_last_are_by_time(tmp_path: Path) -> None:
    events = [{"at": "10m", **FIRES, "amount": 1}, {"at": "5m", **FIRES, "amount": 2}]
    expect = {"alerts": 2, "first": {"amount": 2}, "last": {"amount": 1}}
    assert verdict(tmp_path, events, expect).problems == ()


def parsed(xml: bytes) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314 - our own output


def test_junit(tmp_path: Path) -> None:
    found = [
        verdict(tmp_path / "a", [FIRES], {"alerts": 1}),
        verdict(tmp_path / "b", [{"action": "\x00\x1b]<&>"}], {"alerts": 1}),
        CaseVerdict("key", "id", "a \x07 case", "duckdb", refused="Regex never"),
    ]
    root = parsed(junit(found))
    assert [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in root] == [
        ("tocsin.duckdb", "1", "0", "1"),
        ("tocsin.evaluator", "2", "1", "0"),
    ]
    [failure] = root.iter("failure")
    assert failure.get("message") == "expected 1 alert, got 0"
    assert "action is 'refund'" in (failure.text or "")


def test_no_character_of_an_event_breaks_junit() -> None:
    odd = "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0xD800, 0xFFFE, 0xFFFF, 0x1F642]))
    found = [CaseVerdict("k", "i", odd, "evaluator", problems=(odd,), why=(odd,), refused="")]
    [case] = parsed(junit(found)).iter("testcase")
    assert "\U0001f642" in (case.get("name") or "")


def test_json_of_a_verdict(tmp_path: Path) -> None:
    found = verdict(tmp_path, [SILENT], {"alerts": 1}).as_json()
    assert found["status"] == "failed"
    assert found["case"] == "the case"
    assert CaseVerdict("k", "i", "c", "e", refused="no").as_json()["status"] == "refused"
