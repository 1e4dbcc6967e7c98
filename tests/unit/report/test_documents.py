"""The report as JSON and as a layer for ATT&CK's Navigator."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from coverage_content import write_project
from tocsin.report.coverage import Coverage, build
from tocsin.report.documents import as_json, figures, navigator_layer
from tocsin.report.page import render_html
from tocsin.state.lock import Lock
from unit.report.small_report import cell_of


def test_figures(covered: Coverage) -> None:
    assert figures(covered) == {
        "detections": 4,
        "shadow": 0,
        "not_deployed": 0,
        "techniques": 2,
        "techniques_all": 222,
        "subtechniques": 2,
        "subtechniques_all": 475,
        "tactics": 4,
        "tactics_all": 15,
        "sources": 1,
        "sources_all": 1,
        "cases": 3,
        "without_technique": 2,
    }


def test_retired_techniques_are_named_and_do_not_count(covered: Coverage) -> None:
    (found,) = as_json(covered)["unknown_techniques"]
    assert (found["technique"], found["successor"]) == ("T1562.008", "T1685.002")
    assert cell_of(covered, "T1685").detections == ()


# The properties of layer format 4.5 that we write, as its document lists them.
LAYER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "domain"],
    "properties": {
        "name": {"type": "string"},
        "versions": {
            "type": "object",
            "additionalProperties": False,
            "required": ["navigator", "layer"],
            "properties": {
                "attack": {"type": "string"},
                "navigator": {"type": "string", "pattern": r"^(4\.9|[5-9]\.)"},
                "layer": {"const": "4.5"},
            },
        },
        "domain": {"enum": ["enterprise-attack", "mobile-attack", "ics-attack"]},
        "description": {"type": "string"},
        "sorting": {"enum": [0, 1, 2, 3]},
        "layout": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "layout": {"enum": ["side", "flat", "mini"]},
                "showName": {"type": "boolean"},
                "expandedSubtechniques": {"enum": ["none", "all", "annotated"]},
            },
        },
        "hideDisabled": {"type": "boolean"},
        "techniques": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["techniqueID"],
                "properties": {
                    "techniqueID": {"type": "string", "pattern": r"^T[0-9]{4}(\.[0-9]{3})?$"},
                    "score": {"type": "number"},
                    "comment": {"type": "string"},
                    "showSubtechniques": {"type": "boolean"},
                },
            },
        },
        "gradient": {
            "type": "object",
            "additionalProperties": False,
            "required": ["colors", "minValue", "maxValue"],
            "properties": {
                "colors": {
                    "type": "array",
                    "minItems": 2,
                    "items": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
                },
                "minValue": {"type": "number"},
                "maxValue": {"type": "number"},
            },
        },
        "legendItems": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["label", "color"],
                "properties": {"label": {"type": "string"}, "color": {"type": "string"}},
            },
        },
        "metadata": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "value"],
                "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
            },
        },
    },
}


def test_the_navigator_layer_is_valid_and_scores_are_counts(covered: Coverage) -> None:
    layer = navigator_layer(covered)
    jsonschema.validate(layer, LAYER)
    assert {t["techniqueID"]: t["score"] for t in layer["techniques"]} == {
        "T1078": 1,
        "T1098": 2,
        "T1098.001": 1,
        "T1098.003": 1,
    }
    account = next(t for t in layer["techniques"] if t["techniqueID"] == "T1098")
    assert account["showSubtechniques"] is True
    assert sorted(account["comment"].split("\n")) == ["Key Added", "Role Granted"]
    assert layer["gradient"]["maxValue"] == 2


def test_an_empty_project_has_a_page_and_a_valid_layer(tmp_path: Path) -> None:
    coverage = build(write_project(tmp_path), Lock())
    layer = navigator_layer(coverage)
    jsonschema.validate(layer, LAYER)
    assert layer["gradient"]["maxValue"] > layer["gradient"]["minValue"]
    assert "There is no detection." in render_html(coverage)


def test_json_says_the_same_as_the_page(covered: Coverage) -> None:
    told = json.loads(json.dumps(as_json(covered)))
    ids = {detection["id"] for detection in told["detections"]}
    for technique in told["techniques"]:
        assert ids.issuperset(technique["detections"])
    assert {t["id"]: len(t["detections"]) for t in told["techniques"]} == {
        t["techniqueID"]: t["score"] for t in navigator_layer(covered)["techniques"]
    }
    added = next(d for d in told["detections"] if d["key"] == "keyadded")
    assert (added["techniques"], added["cases"], added["version"]) == (["T1098.001"], 2, None)
    assert (added["source"], added["logsource"]) == ("shop_audit", "product=shop")
    assert added["deployed"] is None


def test_the_documentation_names_every_key(covered: Coverage) -> None:
    text = (Path(__file__).parents[3] / "docs" / "coverage.md").read_text("utf-8")
    told = as_json(covered)
    lists = [told[name][0] for name in ("tactics", "techniques", "detections", "sources")]
    for key in {*told, *(key for each in lists for key in each)}:
        assert f"`{key}`" in text, key
