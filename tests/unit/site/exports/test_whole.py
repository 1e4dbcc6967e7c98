"""The whole history as JSON fits the schema that lies beside it; the layer fits what it shows."""

from __future__ import annotations

import json

import jsonschema

from small_history import MADE, ODD, small_history
from tocsin.site.exports.navigator import layer
from tocsin.site.exports.whole import FORM, encode, schema, whole
from tocsin.site.history.model import Period


def test_it_fits_its_schema() -> None:
    given = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(given)
    found = json.loads(encode(whole(small_history())))
    jsonschema.validate(found, given)
    assert found["form"] == FORM == given["properties"]["form"]["const"]
    assert encode(whole(small_history())) == encode(whole(small_history()))


def test_no_record_is_null() -> None:
    first = whole(small_history())["releases"][0]
    assert [first[name] for name in ("wrote", "seconds", "cases", "content")] == [None] * 4


def test_the_layer_counts_what_is_live() -> None:
    found = layer(small_history())
    assert (found["versions"]["layer"], found["versions"]["attack"]) == ("4.5", "19")
    [technique] = found["techniques"]
    assert (technique["techniqueID"], technique["score"]) == ("T1098.003", 1)
    assert "\u202e" not in technique["comment"]


def test_days_are_those_of_the_period() -> None:
    [technique] = layer(small_history(Period(MADE[2], "2026-03-15T10:00:00+00:00")))["techniques"]
    assert technique["metadata"][0]["value"] == "10"
    assert ODD in whole(small_history())["techniques"][0]["live"]
