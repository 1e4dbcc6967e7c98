"""Rules and filters: metadata, the tocsin block, and wrong types at every key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from authoring import RULE_ID, codes, rule
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.rule import Filter, Rule, read_document
from tocsin.front.yaml import read_bytes
from tocsin.model.source import LogSource


def read(value: Any) -> tuple[Rule | Filter | None, list[Diagnostic]]:
    text = value if isinstance(value, str) else yaml.safe_dump(value, sort_keys=False)
    [document], wrong = read_bytes(text.encode(), "rules/refund.yml")
    assert wrong == []
    return read_document(document)


def detection_of(value: Any) -> Any:
    parsed, found = read(value)
    assert found == []
    assert isinstance(parsed, Rule)
    return parsed.detection


def test_a_rule_whole() -> None:
    detection = detection_of(
        rule(
            name="refund_without_order",
            description="A refund.",
            tags=["attack.t1098", "attack.persistence"],
            references=["https://example.org"],
            falsepositives=["Goodwill"],
            author="Tocsin contributors",
            tocsin={
                "owner": "payments",
                "controls": ["pci-dss-4.0:10.4.1.1"],
                "deploy": {"prod": "shadow", "on_change": "replay"},
                "alert": {"dedup": {"by": ["user.name"], "for": "6h"}, "playbook": "hold"},
            },
        )
    )
    assert (detection.id, detection.key) == (RULE_ID, "refund_without_order")
    assert detection.logsource == LogSource("shop", "", "audit")
    assert detection.meta.techniques == ("T1098",)
    assert detection.meta.owner == "payments"
    assert detection.deploy == {"prod": "shadow", "on_change": "replay"}
    assert str(detection.dedup).startswith("user.name for ")


def test_the_key_is_the_name_or_the_file() -> None:
    assert detection_of(rule()).key == "refund"
    assert detection_of(rule(id=None)).id == "refund"
    assert detection_of(rule(id=None, name="a_name")).id == "a_name"


def test_dates_are_kept_as_they_stand() -> None:
    assert detection_of(rule(date="2026-11-23")).meta.date == "2026-11-23"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": None}, "TOC010"),
        ({"title": "x" * 300}, "TOC010"),
        ({"id": "no-uuid"}, "TOC010"),
        ({"status": "ready"}, "TOC010"),
        ({"level": "huge"}, "TOC010"),
        ({"date": "yesterday"}, "TOC010"),
        ({"logsource": None}, "TOC010"),
        ({"logsource": {}}, "TOC010"),
        ({"tags": ["untidy"]}, "TOC010"),
        ({"detection": None}, "TOC020"),
        ({"detection": []}, "TOC020"),
        ({"detection": "selection"}, "TOC020"),
        ({"tocsin": {"ownr": "me"}}, "TOC050"),
        ({"tocsin": {"deploy": {"prod": "maybe"}}}, "TOC050"),
        ({"tocsin": {"alert": {"dedup": {"by": ["a"], "for": "0s"}}}}, "TOC050"),
        ({"tocsin": {"alert": {"dedup": {"by": ["a"], "for": "-5m"}}}}, "TOC050"),
        ({"tocsin": {"tests": [{"name": "x", "events": [], "expect": {"alerts": 1}}]}}, "TOC050"),
        ({"tocsin": {"tests": [{"name": "x", "events": [{}], "expect": {}}]}}, "TOC051"),
    ],
)
def test_mistakes(change: dict[str, Any], code: str) -> None:
    parsed, found = read(rule(**change))
    assert parsed is None
    assert codes(found) == [code]
    assert {d.rule for d in found} <= {RULE_ID, "no-uuid"}


def test_all_mistakes_at_once_and_in_place() -> None:
    parsed, found = read(
        "title: A\nid: 5\nstatus: ready\nlogsource: {product: shop}\n"
        "detection:\n  sel: {f|contain: a}\n  condition: sel\ntocsin: {ownr: me}\n"
    )
    assert parsed is None
    assert {(d.code, d.span.line) for d in found} == {
        ("TOC010", 2),
        ("TOC010", 3),
        ("TOC021", 6),
        ("TOC050", 8),
    }


WRONG: list[Any] = [
    None,
    5,
    -1.5,
    True,
    "",
    "text",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"a": None},
    {"a": []},
]
KEYS = [
    "title",
    "id",
    "name",
    "status",
    "level",
    "description",
    "author",
    "date",
    "modified",
    "license",
    "tags",
    "references",
    "falsepositives",
    "fields",
    "logsource",
    "detection",
    "tocsin",
    "taxonomy",
    "related",
    "scope",
    "custom",
]
INNER: list[tuple[str, ...]] = [
    ("logsource", "product"),
    ("logsource", "definition"),
    ("detection", "selection"),
    ("detection", "condition"),
    ("detection", "selection", "action"),
    ("detection", "selection", "action|contains"),
    ("detection", "selection", "action|re"),
    ("detection", "selection", "action|cidr"),
    ("detection", "selection", "action|fieldref"),
    ("detection", "selection", "action|base64offset"),
    ("detection", "selection", "action|hour"),
    ("detection", "selection", "action|expand"),
    ("tocsin", "tests"),
    ("tocsin", "deploy"),
    ("tocsin", "deploy", "prod"),
    ("tocsin", "alert"),
    ("tocsin", "controls"),
    ("filter",),
    ("filter", "rules"),
    ("filter", "condition"),
    ("correlation",),
]


@pytest.mark.parametrize("path", [*((key,) for key in KEYS), *INNER], ids=".".join)
def test_wrong_types_are_findings_and_never_crashes(path: tuple[str, ...]) -> None:
    for value in WRONG:
        whole = rule(tocsin={"tests": [], "deploy": {}})
        inner = whole
        for key in path[:-1]:
            inner = inner.setdefault(key, {"s": {"f": "a"}, "condition": "s"})
        inner[path[-1]] = value
        parsed, found = read(whole)
        errors = [d for d in found if d.severity is Severity.ERROR]
        assert (parsed is None) == bool(errors), (path, value, found)
        assert all(d.message and d.code.startswith("TOC") for d in found)


@pytest.mark.parametrize("value", ["text", "5", "[a]", "null", "true"])
def test_a_document_that_is_no_map(value: str) -> None:
    parsed, found = read(value)
    assert parsed is None
    assert codes(found) == ["TOC006"]


def filter_(**changes: Any) -> dict[str, Any]:
    body = {"rules": [RULE_ID], "known": {"user": "root"}, "condition": "not known"} | changes
    return {"title": "Known", "logsource": {"product": "shop"}, "filter": body}


def test_a_filter() -> None:
    parsed, found = read(filter_())
    assert found == []
    assert isinstance(parsed, Filter)
    assert parsed.rules == (RULE_ID,)


def test_a_filter_without_a_negation_is_a_warning() -> None:
    parsed, found = read(filter_(condition="known"))
    assert isinstance(parsed, Filter)
    assert [(d.code, d.severity) for d in found] == [("TOC042", Severity.WARNING)]


def test_a_filter_that_names_no_rules() -> None:
    parsed, found = read(filter_(rules=[]))
    assert parsed is None
    assert codes(found) == ["TOC041"]


def test_examples_of_other_tools_are_ignored(tmp_path: Path) -> None:
    del tmp_path
    extra = {"regression_tests_path": "x", "simulation": [{"type": "atomic"}]}
    detection_of(rule(**extra, custom_attributes={"rsigma.exemplars": []}))
