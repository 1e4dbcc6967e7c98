"""`review.json` of anybody: read or refused, never believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tocsin.app.schemas import schema
from tocsin.errors import ConfigError
from tocsin.review.document import MOST_BYTES, ChangeReview, fitted, parse, write
from unit.review.reviews import change, finding, plan, review


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = ChangeReview.model_validate(review())
    write(made, tmp_path / "below" / "review.json")
    assert parse((tmp_path / "below" / "review.json").read_bytes(), "it") == made


def test_it_has_a_schema() -> None:
    jsonschema.validate(review(), schema("review"))


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"form": NaN}',
        b" " * (MOST_BYTES + 1),
        json.dumps(review()).encode() + b"{}",
    ],
    ids=lambda given: repr(given[:12]),
)
def test_what_is_no_review_is_refused(given: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^it is not a review: ") as refused:
        parse(given, "it")
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    "wrong",
    [
        {"form": 2},
        {"form": "1"},
        {"more_keys": 1},
        {"base": "main"},
        {"head": "b" * 39},
        {"head": "b" * 40 + "\n"},
        {"errors": -1},
        {"errors": 10**9},
        {"errors": True},
        {"project": "x" * 301},
        {"project": "\ud800"},
        {"problem": "x" * 1001},
        {"problem": None},
        {"detections": [change(word="approved")]},
        {"detections": [change(gained=["T1098) [x](https://evil.example"])]},
        {"detections": [change(condition=["no sign"])]},
        {"detections": [change(condition=["+x"] * 201)]},
        {"detections": [change(html="<b>")]},
        {"environments": [plan(symbol="?")]},
        {"environments": [plan()] * 51},
        {"findings": [finding(severity="fatal")]},
        {"findings": [finding()] * 201},
        {"coverage": {"before": 1}},
    ],
    ids=lambda wrong: str(wrong)[:50],
)
def test_each_part_is_bounded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is not a review"):
        parse(json.dumps(review(**wrong)).encode(), "it")


def test_what_is_too_much_is_left_out_and_counted() -> None:
    long = change(condition=["+" + "x" * 900] * 200)
    made = fitted(ChangeReview.model_validate(review(detections=[long] * 400)))
    assert len(made.model_dump_json(indent=1)) < MOST_BYTES
    assert len(made.detections) + made.more == 400
    assert made.detections


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, True),
        ({"warnings": 3}, True),
        ({"errors": 1}, False),
        ({"problem": "no engine"}, False),
        ({"cases": [{"engine": "e", "passed": 0, "failed": 1, "refused": 0}]}, False),
        ({"cases": [{"engine": "e", "passed": 0, "failed": 0, "refused": 1}]}, True),
        ({"environments": [plan(problems=["x"])]}, False),
        ({"environments": [plan(problem="x")]}, False),
    ],
)
def test_what_stands_in_the_way(changes: dict[str, Any], ok: bool) -> None:  # noqa: FBT001 - a table
    assert ChangeReview.model_validate(review(**changes)).ok is ok
