"""OSCAL documents: valid against NIST's schemas and for another tool, with ids that stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import re2
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.component import ComponentDefinition

from small_history import ODD, small_history
from tocsin.site.exports.oscal import assessment_results, component_definition
from tocsin.site.exports.whole import encode
from tocsin.site.history.model import History

SCHEMAS = Path(__file__).parents[3] / "oscal_schemas"
KINDS = {
    "component-definition": (
        "component",
        component_definition,
        ComponentDefinition,
    ),
    "assessment-results": (
        "assessment-results",
        assessment_results,
        AssessmentResults,
    ),
}


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    """Patterns of OSCAL name classes of Unicode, which Python's own expressions do not know."""
    if isinstance(instance, str) and not re2.search(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


VALIDATOR = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": _pattern})


def _validator(name: str) -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / f"oscal_{name}_schema.json").read_bytes())
    assert "/1.2.1/" in schema["$id"]
    return VALIDATOR(schema)


def _bare(history: History) -> History:
    return replace(
        history, releases=(), detections=(), controls=(), mappings=(), drifts=(), events=()
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bare", [False, True])
def test_valid(kind: str, *, bare: bool) -> None:
    name, make, model = KINDS[kind]
    history = _bare(small_history()) if bare else small_history()
    data = encode(make(history))
    assert list(_validator(name).iter_errors(json.loads(data))) == []
    model(**json.loads(data)[kind])
    assert data == encode(make(history))


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_would_find_a_mistake(kind: str) -> None:
    name, make, _ = KINDS[kind]
    document = make(small_history())
    document[kind]["metadata"]["title"] = "two\nlines"
    assert list(_validator(name).iter_errors(document))


def test_ids_stay_but_for_the_document() -> None:
    before = component_definition(small_history())["component-definition"]
    history = small_history()
    after = component_definition(replace(history, releases=history.releases[:2]))
    found = after["component-definition"]
    assert [c["uuid"] for c in found["components"]] == [c["uuid"] for c in before["components"]]
    assert found["uuid"] != before["uuid"]
    other = component_definition(replace(history, environment="staging"))["component-definition"]
    assert not {c["uuid"] for c in other["components"]} & {c["uuid"] for c in found["components"]}


def test_whose_word_and_how_strong() -> None:
    found = component_definition(small_history())["component-definition"]["components"][0]
    [implemented] = found["control-implementations"]
    [requirement] = implemented["implemented-requirements"]
    assert requirement["control-id"] == "ac-2"
    said = {(p["name"], p["value"]) for p in requirement["props"]}
    assert {
        ("control", "AC-02"),
        ("mapping", "MITRE: NIST 800-53 rev5"),
        ("technique", "T1098.003"),
        ("evidence-strength", "significant"),
        ("supported-by", ODD),
    } == said


def test_titles_are_no_markup() -> None:
    found = component_definition(small_history())["component-definition"]["components"][1]
    assert "<script>" not in found["title"]
    assert "\u202e" not in found["title"]
